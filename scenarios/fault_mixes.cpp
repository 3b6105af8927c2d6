#include "scenarios/fault_mixes.h"

#include <algorithm>
#include <iterator>

#include "faults/kinds.h"
#include "runtime/base/assert.h"
#include "scenarios/damage/damage_faults.h"

namespace fulmar {

namespace {

constexpr FaultShape of_one_broker[] = {
    {&faults::kill, 60, 6, 1, 3000, 0, 0},
    {&faults::power_loss, 60, 6, 1, 5000, 0, 0},
    {&faults::stop, 40, 4, 100, 3000, 0, 0},
    {&faults::pause, 30, 4, 100, 8000, 0, 0},
    {&faults::disk_slow, 30, 3, 1000, 10'000, 2, 60},
    {&faults::slow_reads, 25, 3, 500, 8000, 20, 1500},
    {&faults::disk_stuck, 25, 3, 500, 6000, 0, 0},
    {&faults::disk_full, 30, 3, 500, 8000, 0, 20'000},
    {&faults::read_errors, 20, 2, 500, 5000, 10, 300},
    {&faults::write_errors, 20, 2, 500, 4000, 5, 300},
    {&faults::sync_errors, 30, 3, 500, 4000, 5, 500},
    {&faults::cut, 40, 5, 200, 12'000, 0, 2},
    {&faults::latency, 30, 3, 1000, 15'000, 2, 800},
    {&faults::clog, 30, 4, 100, 6000, 0, 2},
    {&faults::bandwidth, 20, 2, 1000, 8000, 5, 500},
    {&faults::reset, 40, 8, 0, 0, 0, 0},
    {&faults::refuse, 20, 3, 500, 5000, 0, 0},
    {&faults::clock_jump, 30, 3, 1000, 20'000, -100'000'000, 1'000'000'000},
    {&faults::clock_drift, 20, 1, 5000, 60'000, -300, 300},
    {&faults::latency_to, 15, 3, 1000, 15'000, 2, 800},
    {&faults::latency_from, 15, 3, 1000, 15'000, 2, 800},
    {&faults::short_reads, 25, 3, 1000, 20'000, 50, 800},
    {&faults::transient_read_errors, 15, 3, 100, 4000, 5, 200},
    {&faults::open_errors, 15, 3, 200, 4000, 10, 500},
    {&faults::rename_errors, 15, 3, 200, 4000, 10, 500},
    {&faults::remove_errors, 15, 3, 200, 6000, 10, 700},
    {&faults::list_errors, 10, 2, 200, 4000, 10, 500},
    {&faults::busy_shard, 25, 6, 20, 3000, 0, 60},
    {&faults::slow_process, 15, 3, 1000, 10'000, 5, 400},
    {&faults::damage_side_file, 30, 5, 1, 4000, 0, 1'000'000'000},
};

constexpr FaultShape of_a_cluster[] = {
    {&faults::kill, 60, 10, 1, 4000, 0, 0},
    {&faults::power_loss, 70, 12, 1, 6000, 0, 0},
    {&faults::stop, 40, 6, 100, 4000, 0, 0},
    {&faults::pause, 40, 8, 100, 8000, 0, 0},
    {&faults::disk_slow, 30, 4, 1000, 10'000, 2, 60},
    {&faults::slow_reads, 25, 5, 500, 8000, 20, 1500},
    {&faults::disk_stuck, 25, 4, 500, 6000, 0, 0},
    {&faults::disk_full, 25, 3, 500, 8000, 0, 20'000},
    {&faults::read_errors, 15, 2, 500, 5000, 10, 300},
    {&faults::write_errors, 20, 3, 500, 4000, 5, 300},
    {&faults::sync_errors, 25, 3, 500, 4000, 5, 500},
    {&faults::cut, 50, 10, 200, 12'000, 0, 2},
    {&faults::latency, 30, 6, 1000, 15'000, 2, 800},
    {&faults::clog, 30, 6, 100, 6000, 0, 2},
    {&faults::bandwidth, 20, 3, 1000, 8000, 5, 500},
    {&faults::reset, 40, 8, 0, 0, 0, 0},
    {&faults::refuse, 20, 4, 500, 5000, 0, 0},
    {&faults::clock_jump, 20, 3, 1000, 20'000, -100'000'000, 1'000'000'000},
    {&faults::clock_drift, 20, 2, 5000, 60'000, -300, 300},
    {&faults::split, 40, 5, 500, 12'000, 1, 255},
    {&faults::bridge, 20, 3, 500, 12'000, 1, 255},
    {&faults::flap, 25, 4, 1000, 12'000, 20, 1500},
    {&faults::latency_to, 15, 4, 1000, 15'000, 2, 800},
    {&faults::latency_from, 15, 4, 1000, 15'000, 2, 800},
    {&faults::isolate, 30, 5, 500, 12'000, 0, 2},
    {&faults::cut_after_transfer, 25, 5, 2000, 15'000, 0, 60},
    {&faults::cut_from_controller, 20, 3, 1000, 15'000, 0, 0},
    {&faults::short_reads, 20, 3, 1000, 20'000, 50, 800},
    {&faults::transient_read_errors, 10, 2, 100, 4000, 5, 200},
    {&faults::open_errors, 10, 2, 200, 4000, 10, 500},
    {&faults::rename_errors, 10, 2, 200, 4000, 10, 500},
    {&faults::remove_errors, 10, 2, 200, 6000, 10, 700},
    {&faults::list_errors, 8, 2, 200, 4000, 10, 500},
    {&faults::busy_shard, 25, 8, 20, 3000, 0, 60},
    {&faults::slow_process, 15, 4, 1000, 10'000, 5, 400},
    {&faults::damage_side_file, 25, 6, 1, 4000, 0, 1'000'000'000},
    {&faults::damage_small_file, 25, 3, 1, 4000, 0, 1'000'000'000},
};

constexpr FaultShape of_networks[] = {
    {&faults::split, 70, 12, 200, 15'000, 1, 255},
    {&faults::bridge, 50, 8, 500, 15'000, 1, 255},
    {&faults::ring, 40, 6, 500, 15'000, 0, 0},
    {&faults::flap, 50, 8, 1000, 15'000, 10, 2000},
    {&faults::cut, 70, 16, 200, 15'000, 0, 2},
    {&faults::latency, 50, 10, 1000, 15'000, 2, 1500},
    {&faults::clog, 40, 10, 100, 8000, 0, 2},
    {&faults::bandwidth, 40, 6, 1000, 12'000, 2, 500},
    {&faults::reset, 50, 16, 0, 0, 0, 0},
    {&faults::refuse, 30, 6, 500, 5000, 0, 0},
    {&faults::pause, 40, 8, 100, 8000, 0, 0},
    {&faults::kill, 30, 4, 1, 4000, 0, 0},
    {&faults::power_loss, 30, 4, 1, 6000, 0, 0},
    {&faults::clock_drift, 20, 2, 5000, 60'000, -300, 300},
    {&faults::latency_to, 25, 6, 1000, 15'000, 2, 1500},
    {&faults::latency_from, 25, 6, 1000, 15'000, 2, 1500},
    {&faults::isolate, 50, 8, 200, 15'000, 0, 2},
    {&faults::cut_after_transfer, 40, 8, 2000, 15'000, 0, 60},
    {&faults::cut_from_controller, 30, 5, 1000, 15'000, 0, 0},
    {&faults::stop, 25, 5, 100, 4000, 0, 0},
    {&faults::busy_shard, 30, 8, 20, 3000, 0, 60},
    {&faults::slow_process, 20, 4, 1000, 10'000, 5, 400},
};

constexpr FaultShape of_disks[] = {
    {&faults::damage, 60, 4, 1, 4000, 0, 1'000'000'000},
    {&faults::damage_side_file, 60, 10, 1, 4000, 0, 1'000'000'000},
    {&faults::damage_small_file, 40, 4, 1, 4000, 0, 1'000'000'000},
    {&faults::wipe, 40, 2, 1, 6000, 0, 0},
    {&faults::disk_slow, 40, 5, 1000, 10'000, 2, 60},
    {&faults::slow_reads, 40, 5, 500, 8000, 20, 1500},
    {&faults::disk_stuck, 40, 5, 500, 6000, 0, 0},
    {&faults::disk_full, 50, 6, 500, 8000, 0, 20'000},
    {&faults::read_errors, 40, 4, 500, 5000, 10, 300},
    {&faults::write_errors, 40, 4, 500, 4000, 5, 300},
    {&faults::sync_errors, 50, 5, 500, 4000, 5, 500},
    {&faults::power_loss, 70, 12, 1, 6000, 0, 0},
    {&faults::kill, 50, 8, 1, 4000, 0, 0},
    {&faults::stop, 20, 4, 100, 4000, 0, 0},
    {&faults::cut, 30, 5, 200, 8000, 0, 2},
    {&faults::short_reads, 40, 4, 1000, 20'000, 50, 900},
    {&faults::transient_read_errors, 30, 5, 100, 4000, 5, 300},
    {&faults::open_errors, 30, 4, 200, 4000, 10, 700},
    {&faults::rename_errors, 30, 4, 200, 4000, 10, 700},
    {&faults::remove_errors, 30, 4, 200, 6000, 10, 900},
    {&faults::list_errors, 20, 3, 200, 4000, 10, 700},
    {&faults::slow_process, 15, 3, 1000, 10'000, 5, 400},
};

constexpr FaultShape of_brokers_that_go[] = {
    {&faults::stop, 70, 10, 100, 6000, 0, 0},
    {&faults::kill, 50, 8, 1, 4000, 0, 0},
    {&faults::power_loss, 60, 8, 1, 6000, 0, 0},
    {&faults::wipe, 60, 2, 1, 6000, 0, 0},
    {&faults::pause, 30, 5, 100, 8000, 0, 0},
    {&faults::cut, 40, 6, 200, 12'000, 0, 2},
    {&faults::split, 30, 4, 500, 12'000, 1, 255},
    {&faults::flap, 20, 3, 1000, 12'000, 20, 1500},
    {&faults::latency, 30, 5, 1000, 15'000, 2, 800},
    {&faults::reset, 30, 8, 0, 0, 0, 0},
    {&faults::disk_slow, 20, 3, 1000, 10'000, 2, 60},
    {&faults::sync_errors, 15, 2, 500, 4000, 5, 500},
    {&faults::cut_from_controller, 50, 8, 500, 15'000, 0, 0},
    {&faults::isolate, 30, 5, 200, 12'000, 0, 2},
    {&faults::cut_after_transfer, 40, 6, 2000, 15'000, 0, 60},
    {&faults::busy_shard, 20, 6, 20, 3000, 0, 60},
    {&faults::slow_process, 15, 3, 1000, 10'000, 5, 400},
    {&faults::open_errors, 10, 2, 200, 4000, 10, 500},
    {&faults::remove_errors, 15, 3, 200, 6000, 10, 700},
    {&faults::damage_side_file, 25, 5, 1, 4000, 0, 1'000'000'000},
    {&faults::damage_small_file, 30, 3, 1, 4000, 0, 1'000'000'000},
};

constexpr FaultMix mixes[] = {
    {"single-broker", of_one_broker, false},
    {"replication", of_a_cluster, false},  // and partitions of the network of all shapes, a little of each
    {"partitions", of_networks, false},    // mostly partitions of the network
    {"disk", of_disks, true},              // mostly disks, including lost data
    {"churn", of_brokers_that_go, true},   // mostly brokers that go and come back, with or without their data
    {"metadata", of_a_cluster, true},
    {"administration", of_a_cluster, true},
    {"groups", of_a_cluster, true},
    {"compaction", of_disks, true},
    {"exactly-once", of_a_cluster, true},
};

}  // namespace

std::span<const FaultMix> fault_mixes() {
  return mixes;
}

const FaultMix& fault_mix_of(std::string_view scenario) {
  const auto* found = std::ranges::find(mixes, scenario, &FaultMix::scenario);
  FULMAR_ASSERT(found != std::end(mixes));
  return *found;
}

}  // namespace fulmar
