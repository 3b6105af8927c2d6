// How much of what each kind of life meets.
#include "faults/planner.h"

namespace fulmar {

namespace {

constexpr FaultShape of_one_broker[] = {
    {FaultKind::kill, 60, 6, 1, 3000, 0, 0},
    {FaultKind::power_loss, 60, 6, 1, 5000, 0, 0},
    {FaultKind::stop, 40, 4, 100, 3000, 0, 0},
    {FaultKind::pause, 30, 4, 100, 8000, 0, 0},
    {FaultKind::disk_slow, 30, 3, 1000, 10'000, 2, 60},
    {FaultKind::disk_stuck, 25, 3, 500, 6000, 0, 0},
    {FaultKind::disk_full, 30, 3, 500, 8000, 0, 20'000},
    {FaultKind::read_errors, 20, 2, 500, 5000, 10, 300},
    {FaultKind::write_errors, 20, 2, 500, 4000, 5, 300},
    {FaultKind::sync_errors, 30, 3, 500, 4000, 5, 500},
    {FaultKind::cut, 40, 5, 200, 12'000, 0, 2},
    {FaultKind::latency, 30, 3, 1000, 15'000, 2, 800},
    {FaultKind::clog, 30, 4, 100, 6000, 0, 2},
    {FaultKind::bandwidth, 20, 2, 1000, 8000, 5, 500},
    {FaultKind::reset, 40, 8, 0, 0, 0, 0},
    {FaultKind::refuse, 20, 3, 500, 5000, 0, 0},
    {FaultKind::clock_jump, 30, 3, 1000, 20'000, -100'000'000, 1'000'000'000},
    {FaultKind::clock_drift, 20, 1, 5000, 60'000, -300, 300},
    {FaultKind::latency_to, 15, 3, 1000, 15'000, 2, 800},
    {FaultKind::latency_from, 15, 3, 1000, 15'000, 2, 800},
    {FaultKind::short_reads, 25, 3, 1000, 20'000, 50, 800},
    {FaultKind::transient_read_errors, 15, 3, 100, 4000, 5, 200},
    {FaultKind::open_errors, 15, 3, 200, 4000, 10, 500},
    {FaultKind::rename_errors, 15, 3, 200, 4000, 10, 500},
    {FaultKind::remove_errors, 15, 3, 200, 6000, 10, 700},
    {FaultKind::list_errors, 10, 2, 200, 4000, 10, 500},
    {FaultKind::busy_shard, 25, 6, 20, 3000, 0, 60},
    {FaultKind::slow_process, 15, 3, 1000, 10'000, 5, 400},
    {FaultKind::damage_side_file, 30, 5, 1, 4000, 0, 1'000'000'000},
};

constexpr FaultShape of_a_cluster[] = {
    {FaultKind::kill, 60, 10, 1, 4000, 0, 0},
    {FaultKind::power_loss, 70, 12, 1, 6000, 0, 0},
    {FaultKind::stop, 40, 6, 100, 4000, 0, 0},
    {FaultKind::pause, 40, 8, 100, 8000, 0, 0},
    {FaultKind::disk_slow, 30, 4, 1000, 10'000, 2, 60},
    {FaultKind::disk_stuck, 25, 4, 500, 6000, 0, 0},
    {FaultKind::disk_full, 25, 3, 500, 8000, 0, 20'000},
    {FaultKind::read_errors, 15, 2, 500, 5000, 10, 300},
    {FaultKind::write_errors, 20, 3, 500, 4000, 5, 300},
    {FaultKind::sync_errors, 25, 3, 500, 4000, 5, 500},
    {FaultKind::cut, 50, 10, 200, 12'000, 0, 2},
    {FaultKind::latency, 30, 6, 1000, 15'000, 2, 800},
    {FaultKind::clog, 30, 6, 100, 6000, 0, 2},
    {FaultKind::bandwidth, 20, 3, 1000, 8000, 5, 500},
    {FaultKind::reset, 40, 8, 0, 0, 0, 0},
    {FaultKind::refuse, 20, 4, 500, 5000, 0, 0},
    {FaultKind::clock_jump, 20, 3, 1000, 20'000, -100'000'000, 1'000'000'000},
    {FaultKind::clock_drift, 20, 2, 5000, 60'000, -300, 300},
    {FaultKind::split, 40, 5, 500, 12'000, 1, 255},
    {FaultKind::bridge, 20, 3, 500, 12'000, 1, 255},
    {FaultKind::flap, 25, 4, 1000, 12'000, 20, 1500},
    {FaultKind::latency_to, 15, 4, 1000, 15'000, 2, 800},
    {FaultKind::latency_from, 15, 4, 1000, 15'000, 2, 800},
    {FaultKind::isolate, 30, 5, 500, 12'000, 0, 2},
    {FaultKind::cut_after_transfer, 25, 5, 2000, 15'000, 0, 60},
    {FaultKind::cut_from_controller, 20, 3, 1000, 15'000, 0, 0},
    {FaultKind::short_reads, 20, 3, 1000, 20'000, 50, 800},
    {FaultKind::transient_read_errors, 10, 2, 100, 4000, 5, 200},
    {FaultKind::open_errors, 10, 2, 200, 4000, 10, 500},
    {FaultKind::rename_errors, 10, 2, 200, 4000, 10, 500},
    {FaultKind::remove_errors, 10, 2, 200, 6000, 10, 700},
    {FaultKind::list_errors, 8, 2, 200, 4000, 10, 500},
    {FaultKind::busy_shard, 25, 8, 20, 3000, 0, 60},
    {FaultKind::slow_process, 15, 4, 1000, 10'000, 5, 400},
    {FaultKind::damage_side_file, 25, 6, 1, 4000, 0, 1'000'000'000},
    {FaultKind::damage_small_file, 25, 3, 1, 4000, 0, 1'000'000'000},
};

constexpr FaultShape of_networks[] = {
    {FaultKind::split, 70, 12, 200, 15'000, 1, 255},
    {FaultKind::bridge, 50, 8, 500, 15'000, 1, 255},
    {FaultKind::ring, 40, 6, 500, 15'000, 0, 0},
    {FaultKind::flap, 50, 8, 1000, 15'000, 10, 2000},
    {FaultKind::cut, 70, 16, 200, 15'000, 0, 2},
    {FaultKind::latency, 50, 10, 1000, 15'000, 2, 1500},
    {FaultKind::clog, 40, 10, 100, 8000, 0, 2},
    {FaultKind::bandwidth, 40, 6, 1000, 12'000, 2, 500},
    {FaultKind::reset, 50, 16, 0, 0, 0, 0},
    {FaultKind::refuse, 30, 6, 500, 5000, 0, 0},
    {FaultKind::pause, 40, 8, 100, 8000, 0, 0},
    {FaultKind::kill, 30, 4, 1, 4000, 0, 0},
    {FaultKind::power_loss, 30, 4, 1, 6000, 0, 0},
    {FaultKind::clock_drift, 20, 2, 5000, 60'000, -300, 300},
    {FaultKind::latency_to, 25, 6, 1000, 15'000, 2, 1500},
    {FaultKind::latency_from, 25, 6, 1000, 15'000, 2, 1500},
    {FaultKind::isolate, 50, 8, 200, 15'000, 0, 2},
    {FaultKind::cut_after_transfer, 40, 8, 2000, 15'000, 0, 60},
    {FaultKind::cut_from_controller, 30, 5, 1000, 15'000, 0, 0},
    {FaultKind::stop, 25, 5, 100, 4000, 0, 0},
    {FaultKind::busy_shard, 30, 8, 20, 3000, 0, 60},
    {FaultKind::slow_process, 20, 4, 1000, 10'000, 5, 400},
};

constexpr FaultShape of_disks[] = {
    {FaultKind::damage, 60, 4, 1, 4000, 0, 1'000'000'000},
    {FaultKind::damage_side_file, 60, 10, 1, 4000, 0, 1'000'000'000},
    {FaultKind::damage_small_file, 40, 4, 1, 4000, 0, 1'000'000'000},
    {FaultKind::wipe, 40, 2, 1, 6000, 0, 0},
    {FaultKind::disk_slow, 40, 5, 1000, 10'000, 2, 60},
    {FaultKind::disk_stuck, 40, 5, 500, 6000, 0, 0},
    {FaultKind::disk_full, 50, 6, 500, 8000, 0, 20'000},
    {FaultKind::read_errors, 40, 4, 500, 5000, 10, 300},
    {FaultKind::write_errors, 40, 4, 500, 4000, 5, 300},
    {FaultKind::sync_errors, 50, 5, 500, 4000, 5, 500},
    {FaultKind::power_loss, 70, 12, 1, 6000, 0, 0},
    {FaultKind::kill, 50, 8, 1, 4000, 0, 0},
    {FaultKind::stop, 20, 4, 100, 4000, 0, 0},
    {FaultKind::cut, 30, 5, 200, 8000, 0, 2},
    {FaultKind::short_reads, 40, 4, 1000, 20'000, 50, 900},
    {FaultKind::transient_read_errors, 30, 5, 100, 4000, 5, 300},
    {FaultKind::open_errors, 30, 4, 200, 4000, 10, 700},
    {FaultKind::rename_errors, 30, 4, 200, 4000, 10, 700},
    {FaultKind::remove_errors, 30, 4, 200, 6000, 10, 900},
    {FaultKind::list_errors, 20, 3, 200, 4000, 10, 700},
    {FaultKind::slow_process, 15, 3, 1000, 10'000, 5, 400},
};

constexpr FaultShape of_brokers_that_go[] = {
    {FaultKind::stop, 70, 10, 100, 6000, 0, 0},
    {FaultKind::kill, 50, 8, 1, 4000, 0, 0},
    {FaultKind::power_loss, 60, 8, 1, 6000, 0, 0},
    {FaultKind::wipe, 60, 2, 1, 6000, 0, 0},
    {FaultKind::pause, 30, 5, 100, 8000, 0, 0},
    {FaultKind::cut, 40, 6, 200, 12'000, 0, 2},
    {FaultKind::split, 30, 4, 500, 12'000, 1, 255},
    {FaultKind::flap, 20, 3, 1000, 12'000, 20, 1500},
    {FaultKind::latency, 30, 5, 1000, 15'000, 2, 800},
    {FaultKind::reset, 30, 8, 0, 0, 0, 0},
    {FaultKind::disk_slow, 20, 3, 1000, 10'000, 2, 60},
    {FaultKind::sync_errors, 15, 2, 500, 4000, 5, 500},
    {FaultKind::cut_from_controller, 50, 8, 500, 15'000, 0, 0},
    {FaultKind::isolate, 30, 5, 200, 12'000, 0, 2},
    {FaultKind::cut_after_transfer, 40, 6, 2000, 15'000, 0, 60},
    {FaultKind::busy_shard, 20, 6, 20, 3000, 0, 60},
    {FaultKind::slow_process, 15, 3, 1000, 10'000, 5, 400},
    {FaultKind::open_errors, 10, 2, 200, 4000, 10, 500},
    {FaultKind::remove_errors, 15, 3, 200, 6000, 10, 700},
    {FaultKind::damage_side_file, 25, 5, 1, 4000, 0, 1'000'000'000},
    {FaultKind::damage_small_file, 30, 3, 1, 4000, 0, 1'000'000'000},
};

}  // namespace

std::span<const FaultShape> churn_faults() {
  return of_brokers_that_go;
}
std::span<const FaultShape> single_broker_faults() {
  return of_one_broker;
}
std::span<const FaultShape> cluster_faults() {
  return of_a_cluster;
}
std::span<const FaultShape> partition_faults() {
  return of_networks;
}
std::span<const FaultShape> disk_faults() {
  return of_disks;
}

}  // namespace fulmar
