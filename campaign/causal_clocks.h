// CausalClocks: of each shard of a life, up to where the past of the other shards has reached it.
//
// What it relies on, and why it is sound. The shards of a process share no memory, and neither do machines: what one
// does can matter to another only by a message, by a disk or by a fault, and all of these are happenings. Inside a
// shard, fibers share memory, so that everything that happened earlier on a shard may matter to what happens on it
// later: fibers are not told apart. Hence the past of a happening is, of each shard, everything up to some number, and
// a clock has one number per shard. What happens to a whole machine (its process starts or ends, its disk is damaged)
// follows all that happened on the machine before, and precedes all that happens on it after.
//
// What it does not cover is silence: a shard may also act because nothing came (see Cone).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/happening.h"

namespace fulmar {

// Of each place, the number of the last happening that is in it, and with it all earlier ones of the place. What
// happened to a whole machine has a place without a shard.
using CausalCut = std::map<Place, std::uint64_t>;

// What happens to the whole world is in every cut that has anything later.
bool holds(const CausalCut& cut, const Happening& happening);

class CausalClocks {
 public:
  // So many messages under way are known at most; if there are more, the earliest are forgotten. Far more than a life
  // has at once: what is left over is what was sent into connections that broke.
  static constexpr std::size_t under_way_max = 100'000;

  // Takes the next happening of the life.
  void take(const Happening& happening);

  // What is in the past of a shard's next step, and the shard's own past.
  CausalCut of_place(const Place& place) const;
  // Likewise, of all shards of a machine; of all machines.
  CausalCut of_machine(std::size_t node) const;
  CausalCut of_all() const;

 private:
  using Clock = std::vector<std::uint64_t>;  // by a place's index; shorter: nothing of the others

  std::size_t index_of(const Place& place);
  void reach(std::size_t node, std::size_t from, std::uint64_t number);
  void meet(std::size_t node);
  CausalCut cut_of(const Clock& clock) const;
  template <class Takes>
  CausalCut joined(Takes takes) const;

  std::map<Place, std::size_t> indexes_;
  std::vector<Place> places_;
  std::vector<Clock> clocks_;                 // of a machine's own place: what a shard that appears begins with
  std::map<std::uint64_t, Clock> under_way_;  // by the number of what was sent
  std::uint64_t last_received_ = 0;
  std::size_t last_receiver_ = 0;
};

}  // namespace fulmar
