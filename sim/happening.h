// Happening: one thing that happened in a life, for whoever wants to know what caused what. Trace::set_observer() has
// an observer told of all of them, in order; without an observer they cost nothing, and the trace's hash never depends
// on them.
//
// The cause is exact where the world knows it: which send a delivery belongs to, which fault acts. The rest follows
// from places: a shard does one thing after the other, and whatever happened on it before may matter. What has a
// machine and no shard concerns the whole machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

// A shard of a process on a machine, by number; without a shard, the whole machine.
struct Place {
  std::size_t node = 0;
  std::optional<unsigned> shard = {};

  auto operator<=>(const Place&) const = default;
};

struct Happening {
  enum class Kind : std::uint8_t {
    sent,      // bytes, an end or a reset, into a connection; a request to connect, or the answer; or a message to
               // another shard of the process, whose `peer` is the machine itself
    received,  // the same, where it arrives; `cause`: what was sent. A connection that breaks for another reason is
               // `received` without a cause, or because of a fault
    disk,      // an operation on a disk other than a sync, or damage to its files
    sync,      // of a file or a directory; it covers what was written on the machine before `began`
    process,   // a process starts, exits, is killed, ...
    fault,     // a fault begins or ends, or a link is cut or whole again, as part of it
    log,       // "LEVEL component: message"
    client,    // a client begins an operation, or has completed it (`cause`: its begin); told by scenarios
    state,     // `values` are the state of something now, for instance of a replica; told by scenarios
  };

  Kind kind = Kind::log;
  std::uint64_t number = 0;  // from 1 on, in order
  std::uint64_t events = 0;  // of the trace, so far
  Instant at = {};
  std::optional<Place> where = {};       // none: the whole world
  std::optional<std::size_t> peer = {};  // the other machine: of a message, of a link, of a fault between two
  std::uint64_t cause = 0;               // the number of an earlier happening; 0: none, or unknown
  std::optional<Instant> began = {};     // if it took time: of disk operations and syncs, and of completed operations
  std::uint64_t bytes = 0;               // of a message, or of a write
  std::string subject = {};              // what it is about: a file's path, a partition, a client's name
  std::string text = {};                 // in words
  std::vector<std::pair<std::string, std::string>> values = {};  // of `state`, the subject's; "id": another name of it

  bool operator==(const Happening&) const = default;
};

// "sent", "received", ...
std::string_view name_of(Happening::Kind kind);

}  // namespace fulmar
