// The kinds of fault that any simulated world can have; `amount` means what is said of each.
#pragma once

#include <span>

#include "faults/fault.h"

namespace fulmar::faults {

// Of processes and machines (kinds/process_faults.cpp).
extern const FaultKind kill;          // the process dies; it comes back after the duration
extern const FaultKind power_loss;    // the machine dies; it comes back after the duration
extern const FaultKind stop;          // an orderly stop; it comes back after the duration
extern const FaultKind pause;         // the process stands still for the duration
extern const FaultKind busy_shard;    // one shard of the process, of which `amount` says which one, stands still
extern const FaultKind slow_process;  // each step of a fiber takes its shard `amount` us
extern const FaultKind clock_jump;    // the wall clock jumps by `amount` ms, and back at the end
extern const FaultKind clock_drift;   // it drifts by `amount` ppm

// Of disks (kinds/disk_faults.cpp).
extern const FaultKind wipe;        // a power loss, and the disk is empty
extern const FaultKind disk_slow;   // operations take `amount` times as long
extern const FaultKind disk_stuck;  // operations do not complete
extern const FaultKind disk_full;   // `amount` bytes are free
// In `amount` of a thousand operations, here and below. The process is killed at the end, since a file with a failed
// write or sync is not trusted any more by whoever wrote it.
extern const FaultKind read_errors;
extern const FaultKind write_errors;
extern const FaultKind sync_errors;
extern const FaultKind open_errors;  // a file or directory can't be opened or made
extern const FaultKind rename_errors;
// Here the process goes on.
extern const FaultKind transient_read_errors;
extern const FaultKind remove_errors;
extern const FaultKind list_errors;
extern const FaultKind short_reads;  // reads give less than was asked for

// Of what lies between two nodes, or of a node and all others (kinds/link_faults.cpp).
extern const FaultKind cut;           // nothing passes; `amount` 0: both ways, 1: to the target, 2: from it
extern const FaultKind latency;       // messages take up to `amount` ms
extern const FaultKind latency_to;    // likewise, from the peer to the target, and no longer than ever back
extern const FaultKind latency_from;  // likewise, from the target
extern const FaultKind clog;          // what is sent arrives only at the end of the duration; `amount` as of a cut
extern const FaultKind bandwidth;     // `amount` bytes per ms
extern const FaultKind refuse;        // new connections of the peer to the target are refused
extern const FaultKind reset;         // all connections of the target break
extern const FaultKind flap;          // the two are cut off from each other and not, in turn, each for `amount` ms

// Networks that come apart (kinds/partition_faults.cpp).
extern const FaultKind split;    // nothing passes between the nodes whose bits in `amount` are set and the others
extern const FaultKind bridge;   // likewise, among the servers, but for the target, which both sides reach
extern const FaultKind ring;     // each server reaches the next and the one before, and no other
extern const FaultKind isolate;  // nothing passes between the target and the other servers; `amount` as of a cut
// The same, from some ms after the first leadership is handed to or by the target, within the duration, to its end;
// `amount`: as of a cut, and three times as many ms.
extern const FaultKind cut_after_transfer;
extern const FaultKind cut_from_controller;  // nothing passes between the target and whoever is the controller

// All of these.
std::span<const FaultKind* const> of_any_world();

}  // namespace fulmar::faults
