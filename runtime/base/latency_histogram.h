// LatencyHistogram: how long things took, in few classes on a logarithmic scale. Adding is a handful of instructions:
// no allocation, no lock. It belongs to one shard; those of several shards are added when they are read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/base/time.h"

namespace fulmar {

class LatencyHistogram {
 public:
  // The upper bounds of the classes, ascending; a last class has what took longer than all of them.
  static constexpr std::array<Duration, 11> bounds{
      microseconds(100), microseconds(300), milliseconds(1), milliseconds(3), milliseconds(10), milliseconds(30),
      milliseconds(100), milliseconds(300), seconds(1),      seconds(3),      seconds(10)};

  void add(Duration took) {
    std::size_t place = 0;
    while (place < bounds.size() && took > bounds[place]) ++place;
    ++counts_[place];
    sum_ += took;
  }
  void add(const LatencyHistogram& more) {
    for (std::size_t place = 0; place < counts_.size(); ++place) counts_[place] += more.counts_[place];
    sum_ += more.sum_;
  }

  std::int64_t count() const {
    std::int64_t all = 0;
    for (auto count : counts_) all += count;
    return all;
  }
  // Of one class: `place` from 0 to bounds.size().
  std::int64_t count_at(std::size_t place) const { return counts_[place]; }
  Duration sum() const { return sum_; }

 private:
  std::array<std::int64_t, bounds.size() + 1> counts_{};
  Duration sum_{0};
};

}  // namespace fulmar
