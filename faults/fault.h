// Fault: something that goes wrong with a node, or between two nodes, for a while. FaultKind: what goes wrong, how it
// begins and how it ends. Kinds are objects, and no list here has all of them: faults/kinds.h has those of any
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
  std::size_t peer = 0;    // another node, for kinds that affect two
  std::int64_t amount = 0;

  bool operator==(const Fault&) const = default;
};

// The nodes of a life's world, by number: the servers, 0 .. servers - 1, which faults affect, then their users.
struct NodeCounts {
  std::size_t servers = 1;
  std::size_t all = 2;
};

struct AmountRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

struct FaultKind {
  std::string_view name;    // as in plans
  std::uint64_t number;     // as in trace hashes: unique, and never changed; below own_kinds_min here in the house
  AmountRange amount = {};  // the amounts that `begin` can use; the whole range: the kind has no amount
  bool has_peer = false;    // it affects the network between the target and the peer
  // The target's disk loses data that it acknowledged.
  bool takes_promises = false;
  // Called when a fault begins and ends, from the world's actions; not after everything has healed.
  void (*begin)(Injector& injector, const Fault& fault);
  void (*end)(Injector& injector, const Fault& fault) = [](Injector&, const Fault&) {};
  // For kinds that cut the network: whether nothing passes between the two nodes, a < b.
  bool (*separates)(const Fault& fault, const NodeCounts& nodes, std::size_t a, std::size_t b) = nullptr;
};

// Kinds of other programs have numbers from here on, so that no kind which is added here later has the same.
constexpr std::uint64_t own_kinds_min = 1000;

// The kinds that a simulator's plans may have.
class FaultKinds {
 public:
  // Names and numbers are unique. The kinds must outlive this.
  explicit FaultKinds(std::initializer_list<std::span<const FaultKind* const>> groups);

  // nullptr if there is none of that name.
  const FaultKind* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
  const std::map<std::uint64_t, const FaultKind*>& by_number() const { return by_number_; }

 private:
  std::map<std::string_view, const FaultKind*> by_name_;
  std::map<std::uint64_t, const FaultKind*> by_number_;
};

// The latest begin, and the longest duration, of a fault: by then every life has ended.
constexpr Duration fault_time_max = std::chrono::hours(24);

// With the names of nodes, or their numbers if there is no name.
std::string to_string(const Fault& fault, std::span<const std::string> nodes);

bool has_fault(const std::vector<Fault>& faults, std::initializer_list<const FaultKind*> kinds);

}  // namespace fulmar
