// The kinds of fault that any simulated world can have; each comment says what `amount` means.
#pragma once

#include <span>

#include "faults/fault.h"

namespace fulmar::faults {

// Of processes and machines (kinds/process_faults.cpp).
extern const FaultKind kill;          // the process dies; it comes back after the duration
extern const FaultKind power_loss;    // the machine dies; it comes back after the duration
extern const FaultKind stop;          // an orderly stop; it comes back after the duration
extern const FaultKind pause;         // the process does not run for the duration
extern const FaultKind busy_shard;    // one shard of the process, chosen by `amount`, does not run
extern const FaultKind slow_process;  // each step of a fiber takes its shard `amount` us
extern const FaultKind clock_jump;    // the wall clock jumps by `amount` ms, and back at the end
extern const FaultKind clock_drift;   // it drifts by `amount` ppm

// Of disks (kinds/disk_faults.cpp).
extern const FaultKind wipe;        // a power loss, and the disk is empty
extern const FaultKind disk_slow;   // operations take `amount` times as long
extern const FaultKind slow_reads;  // most reads take up to `amount` ms, as if memory held little of the files
extern const FaultKind disk_stuck;  // operations do not complete
extern const FaultKind disk_full;   // `amount` bytes are free
// In `amount` of a thousand operations, also for the next ones. The process is killed at the end, since it does not
// trust a file any more after a failed write or sync.
extern const FaultKind read_errors;
extern const FaultKind write_errors;
extern const FaultKind sync_errors;
extern const FaultKind open_errors;  // opening or creating a file or directory fails
extern const FaultKind rename_errors;
// For these the process continues.
extern const FaultKind transient_read_errors;
extern const FaultKind remove_errors;
extern const FaultKind list_errors;
extern const FaultKind short_reads;  // reads return less than was asked for

// Of the network between two nodes, or a node and all others (kinds/link_faults.cpp).
extern const FaultKind cut;           // nothing passes; `amount` 0: both ways, 1: to the target, 2: from it
extern const FaultKind latency;       // messages take up to `amount` ms
extern const FaultKind latency_to;    // likewise, from the peer to the target only
extern const FaultKind latency_from;  // likewise, from the target
extern const FaultKind clog;          // messages arrive only at the end of the duration; `amount` as of a cut
extern const FaultKind bandwidth;     // `amount` bytes per ms
extern const FaultKind refuse;        // new connections of the peer to the target are refused
extern const FaultKind reset;         // all connections of the target break
extern const FaultKind flap;          // a cut that comes and goes, every `amount` ms

// Partitions of the network (kinds/partition_faults.cpp).
extern const FaultKind split;    // nothing passes between the nodes whose bits in `amount` are set and the others
extern const FaultKind bridge;   // likewise, among the servers, except for the target, which both sides reach
extern const FaultKind ring;     // each server reaches only the next and the one before
extern const FaultKind isolate;  // nothing passes between the target and the other servers; `amount` as of a cut
// The same, from some ms after the first leadership transfer to or by the target within the duration until its end;
// `amount`: as of a cut, plus three times that many ms.
extern const FaultKind cut_after_transfer;
extern const FaultKind cut_from_controller;  // nothing passes between the target and the controller

// All of these.
std::span<const FaultKind* const> of_any_world();

}  // namespace fulmar::faults
