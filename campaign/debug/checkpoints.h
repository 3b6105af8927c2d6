// Checkpoints: which copies of a life are kept, of those that were made while it was played. There are at most a given
// number of them, dense around the present and thinner the further they are from it, and the first is always kept.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "runtime/base/time.h"

namespace fulmar {

struct LifeCheckpoint {
  pid_t pid = 0;
  std::size_t slot = 0;
  Instant at;  // the time of the event that follows
};

class Checkpoints {
 public:
  explicit Checkpoints(std::size_t count_max) : count_max_(count_max) {}

  // What has to go so that one can be added while the life is at `now`; nullopt: there is room. The first one never
  // goes.
  std::optional<std::uint64_t> surplus(std::uint64_t now) const;
  void add(std::uint64_t events, LifeCheckpoint checkpoint) { all_.insert_or_assign(events, checkpoint); }
  LifeCheckpoint take(std::uint64_t events);
  // The latest that is not after so many events; before that time.
  std::optional<std::uint64_t> latest_until(std::uint64_t events) const;
  std::optional<std::uint64_t> latest_before(Instant at) const;
  // Whether there is one within so many events of these.
  bool has_near(std::uint64_t events, std::uint64_t distance) const;
  // A slot that none has.
  std::size_t free_slot() const;

  const std::map<std::uint64_t, LifeCheckpoint>& all() const { return all_; }  // by the number of events before it

 private:
  std::size_t count_max_;
  std::map<std::uint64_t, LifeCheckpoint> all_;
};

}  // namespace fulmar
