// Fault: something that goes wrong with a node, or with what lies between two, for a while. FaultKind: what goes wrong,
// how it begins and how it ends. Kinds are objects, and nothing here knows all of them: faults/kinds.h has those of any
// simulated world, and scenarios add their own.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

class Injector;
struct FaultKind;

struct Fault {
  const FaultKind* kind = nullptr;
  Instant at;
  Duration duration{0};
  std::size_t target = 0;  // a node
  std::size_t peer = 0;    // another, where two take part
  std::int64_t amount = 0;

  bool operator==(const Fault&) const = default;
};

// The nodes of a life's world, by their numbers: the servers, 0 .. servers - 1, which faults are of, then who uses
// them.
struct NodeCounts {
  std::size_t servers = 1;
  std::size_t all = 2;
};

struct AmountRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

struct FaultKind {
  std::string_view name;    // as plans have it
  std::uint64_t number;     // as trace hashes have it: no two kinds have the same, and none ever gets another
  AmountRange amount = {};  // what `begin` can make a fault's amount mean; the whole range: nobody reads it
  bool has_peer = false;    // it is about what lies between the target and the peer
  // The target's disk loses something of what it had promised to keep.
  bool takes_promises = false;
  // Called when a fault begins, and when it ends, from the world's actions; not once all is healed.
  void (*begin)(Injector& injector, const Fault& fault);
  void (*end)(Injector& injector, const Fault& fault) = [](Injector&, const Fault&) {};
  // Where the network comes apart: whether nothing passes between the two nodes, a < b.
  bool (*separates)(const Fault& fault, const NodeCounts& nodes, std::size_t a, std::size_t b) = nullptr;
};

// The kinds that a simulator's plans may have.
class FaultKinds {
 public:
  // No two of them have one name, or one number. The kinds have to live as long.
  explicit FaultKinds(std::initializer_list<std::span<const FaultKind* const>> groups);

  // nullptr if there is none of that name.
  const FaultKind* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
  const std::map<std::uint64_t, const FaultKind*>& by_number() const { return by_number_; }

 private:
  std::map<std::string_view, const FaultKind*> by_name_;
  std::map<std::uint64_t, const FaultKind*> by_number_;
};

// No later than that a fault begins, and no longer does it last: by then every life has ended.
constexpr Duration fault_time_max = std::chrono::hours(24);

// By the names of the nodes; by their numbers, where there is none.
std::string to_string(const Fault& fault, std::span<const std::string> nodes);

bool has_fault(const std::vector<Fault>& faults, std::initializer_list<const FaultKind*> kinds);

}  // namespace fulmar
