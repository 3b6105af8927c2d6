#include "scenarios/recovery/recovery_levels.h"

#include <algorithm>

#include "faults/kinds.h"

namespace fulmar {

namespace {

using namespace std::chrono_literals;

constexpr RecoveryLevel levels[] = {
    {&faults::stop, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::kill, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::power_loss, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::wipe, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::pause, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::busy_shard, 10s, 0, 60, true, {2s, 4s, 4s, 5s}},
    {&faults::isolate, 10s, 0, 2, true, {2s, 4s, 4s, 5s}},
    {&faults::cut, 10s, 0, 2, false, {60s, 60s, 60s, 60s}},
    {&faults::cut_from_controller, 10s, 0, 0, false, {60s, 60s, 60s, 60s}},
    {&faults::clog, 5s, 0, 2, false, {60s, 60s, 60s, 60s}},
    {&faults::latency, 10s, 50, 200, false, {60s, 60s, 60s, 60s}},
    {&faults::reset, 0s, 0, 0, false, {60s, 60s, 60s, 60s}},
    {&faults::disk_stuck, 10s, 0, 0, true, {60s, 60s, 60s, 60s}},
    {&faults::disk_slow, 10s, 20, 60, false, {60s, 60s, 60s, 60s}},
    {&faults::write_errors, 4s, 50, 300, false, {60s, 60s, 60s, 60s}},
    {&faults::sync_errors, 4s, 50, 300, false, {60s, 60s, 60s, 60s}},
    {&faults::clock_jump, 10s, -3'000'000, 3'000'000, false, {2s, 4s, 4s, 5s}},
};

}  // namespace

std::span<const RecoveryLevel> recovery_levels() {
  return levels;
}

const RecoveryLevel* find_recovery_level(const FaultKind* kind) {
  const auto* found = std::ranges::find(levels, kind, &RecoveryLevel::kind);
  return found == std::end(levels) ? nullptr : found;
}

}  // namespace fulmar
