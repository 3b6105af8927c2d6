#include "faults/kinds.h"

namespace fulmar::faults {

namespace {
constexpr const FaultKind* all[] = {&kill,
                                    &power_loss,
                                    &stop,
                                    &pause,
                                    &busy_shard,
                                    &slow_process,
                                    &clock_jump,
                                    &clock_drift,
                                    &wipe,
                                    &disk_slow,
                                    &slow_reads,
                                    &disk_stuck,
                                    &disk_full,
                                    &read_errors,
                                    &write_errors,
                                    &sync_errors,
                                    &open_errors,
                                    &rename_errors,
                                    &transient_read_errors,
                                    &remove_errors,
                                    &list_errors,
                                    &short_reads,
                                    &cut,
                                    &latency,
                                    &latency_to,
                                    &latency_from,
                                    &clog,
                                    &bandwidth,
                                    &refuse,
                                    &reset,
                                    &flap,
                                    &split,
                                    &bridge,
                                    &ring,
                                    &isolate,
                                    &cut_after_transfer,
                                    &cut_from_controller};
}  // namespace

std::span<const FaultKind* const> of_any_world() {
  return all;
}

}  // namespace fulmar::faults
