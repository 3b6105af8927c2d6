#include "scenarios/recovery/recovery_levels.h"

#include <algorithm>

#include "faults/kinds.h"

namespace fulmar {

namespace {

using namespace std::chrono_literals;

// The bounds are at least one and a half times the maximum over thousands of lives.
constexpr RecoveryLevel levels[] = {
    {&faults::stop, 10s, 0, 0, TakesOut::broker, {500ms, 500ms, 500ms, 2500ms}},
    {&faults::kill, 10s, 0, 0, TakesOut::broker, {1500ms, 2500ms, 3s, 2500ms}},
    {&faults::power_loss, 10s, 0, 0, TakesOut::broker, {1500ms, 3s, 6s, 5s}},
    {&faults::wipe, 10s, 0, 0, TakesOut::broker, {1500ms, 3s, 6s, 3s}},
    {&faults::pause, 10s, 0, 0, TakesOut::broker, {1500ms, 3s, 6s, 2s}},
    {&faults::busy_shard, 10s, 0, 60, TakesOut::shard, {3s, 4s, 6s, 2s}},
    {&faults::isolate, 10s, 0, 2, TakesOut::broker, {2s, 3s, 4s, 4s}},
    {&faults::cut, 10s, 0, 2, TakesOut::nothing, {500ms, 500ms, 500ms, 4s}},
    {&faults::cut_from_controller, 10s, 0, 0, TakesOut::nothing, {500ms, 500ms, 500ms, 4s}},
    {&faults::clog, 5s, 0, 2, TakesOut::nothing, {500ms, 500ms, 500ms, 1s}},
    {&faults::latency, 10s, 50, 200, TakesOut::nothing, {500ms, 1s, 1s, 1s}},
    {&faults::reset, 0s, 0, 0, TakesOut::nothing, {500ms, 1s, 1s, 500ms}},
    {&faults::disk_stuck, 10s, 0, 0, TakesOut::nothing, {2s, 4s, 6s, 2s}},
    {&faults::disk_slow, 10s, 20, 60, TakesOut::nothing, {500ms, 500ms, 500ms, 2s}},
    {&faults::write_errors, 4s, 50, 300, TakesOut::nothing, {2s, 3s, 4s, 4s}},
    {&faults::sync_errors, 4s, 50, 300, TakesOut::nothing, {2s, 3s, 4s, 4s}},
    {&faults::clock_jump, 10s, -3'000'000, 3'000'000, TakesOut::nothing, {200ms, 500ms, 500ms, 500ms}},
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
