// Plan: what happens in a life, as plain data: the settings the seed chose, and every fault with its time, target and
// parameters. A plan can be printed, saved, edited, replayed and shrunk.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

enum class FaultKind : std::uint8_t {
  kill,          // the process dies; it comes back after the duration
  power_loss,    // the machine dies; it comes back after the duration
  stop,          // an orderly stop; it comes back after the duration
  pause,         // the process stands still for the duration
  disk_slow,     // operations take `amount` times as long
  disk_stuck,    // operations do not complete
  disk_full,     // `amount` bytes are free
  read_errors,   // in `amount` of a thousand operations, the same below; the process is killed at the end,
  write_errors,  // since a log with a failed write or sync is offline until then
  sync_errors,
  cut,          // nothing passes between the target and `peer`; `amount` 0: both ways, 1: to the target, 2: from it
  latency,      // messages take up to `amount` ms
  clog,         // what is sent arrives only at the end of the duration; `amount` as of a cut
  bandwidth,    // `amount` bytes per ms
  reset,        // all connections of the target break
  refuse,       // new connections to the target are refused
  clock_jump,   // the wall clock jumps by `amount` ms, and back at the end
  clock_drift,  // it drifts by `amount` ppm
  split,        // nothing passes between the nodes whose bits in `amount` are set and the others
  bridge,       // likewise, among the brokers, but for the target, which both sides reach
  ring,         // each broker reaches the next and the one before, and no other
  flap,         // the target and `peer` are cut off from each other and not, in turn, each for `amount` ms
  damage,       // a power loss, and what `amount` picks of the logs, below their recovery points, is damaged
  wipe,         // a power loss, and the disk is empty

  latency_to,    // messages take up to `amount` ms from `peer` to the target, and no longer than ever back
  latency_from,  // likewise, from the target
  isolate,       // nothing passes between the target and the other brokers; clients reach it; `amount` as of a cut
  cut_after_transfer,     // the same, from some ms after the first leadership is handed to or by the target, within the
                          // duration, to its end; `amount`: as of a cut, and three times as many ms
  cut_from_controller,    // nothing passes between the target and whoever is the controller
  short_reads,            // in `amount` of a thousand, the same below: reads give less than was asked for
  transient_read_errors,  // reads fail, and nobody restarts the process because of it
  open_errors,            // a file or directory can't be opened or made; the process is killed at the end, as it is for
  rename_errors,          // the next
  remove_errors,
  list_errors,
  busy_shard,         // one shard of the process, of which `amount` says which one, stands still for the duration
  slow_process,       // each step of a fiber takes its shard `amount` us
  damage_side_file,   // a power loss, and a file beside the batches of a log that follows from them is damaged
  damage_small_file,  // likewise, one that only other brokers can give again
};
const char* fault_name(FaultKind kind) noexcept;
std::span<const char* const> fault_names() noexcept;  // in the order of the kinds
// Whether the fault is about what lies between the target and the peer.
bool has_peer(FaultKind kind) noexcept;
// No later than that a fault begins, and no longer does it last: by then every life has ended.
constexpr Duration fault_time_max = std::chrono::hours(24);
struct AmountRange {
  std::int64_t min;
  std::int64_t max;
};
// What the injector can make a fault's amount mean.
AmountRange amount_range(FaultKind kind) noexcept;

struct Fault {
  FaultKind kind = FaultKind::kill;
  Instant at;
  Duration duration{0};
  std::size_t target = 0;  // a node
  std::size_t peer = 0;    // another, where two take part
  std::int64_t amount = 0;

  bool operator==(const Fault&) const = default;
};
// By the names of the nodes, as node_names() gives them; by their numbers, where it has none.
std::string to_string(const Fault& fault, std::span<const std::string> nodes);

struct Plan {
  std::string scenario;
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t> settings;  // by name; what each means is the scenario's
  std::vector<Fault> faults;                     // by time

  std::int64_t setting(const std::string& name) const { return settings.at(name); }
  // Plans that were kept from before there was such a setting don't have it.
  std::int64_t setting_or(const std::string& name, std::int64_t otherwise) const {
    auto found = settings.find(name);
    return found == settings.end() ? otherwise : found->second;
  }
};

// What the nodes of the plan's world are called, by their numbers: brokers, clients, and the admin.
std::vector<std::string> node_names(const Plan& plan);

std::string plan_to_json(const Plan& plan);
// Nodes are given by name or by number. Errors: invalid_argument, saying in one sentence what is wrong: members that
// are missing, unknown or there twice, wrong types, kinds and nodes that there are not, times out of their range.
Result<Plan> plan_from_json(const std::string& text);

}  // namespace fulmar
