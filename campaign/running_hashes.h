// RunningHashes: the hash of a life's trace after 0, n, 2n, ... events, so that two lives can be compared without
// playing both: the first event that differs is known to within n events. n is a power of two that grows with the life,
// so that a bounded number of hashes is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

// Has no pointers, so that it can be in memory that processes share: what a crashed process noted can be read.
class RunningHashes {
 public:
  static constexpr std::size_t count_max = 2048;

  struct Moment {
    std::uint64_t events = 0;  // that were before it
    Instant at;
    std::uint64_t hash = 0;
    bool operator==(const Moment&) const = default;
  };

  RunningHashes() = default;
  // Of what was kept of another life: `hashes`: shortened(), count_max at most; `every`: a power of two.
  RunningHashes(std::uint64_t every, const std::vector<std::uint16_t>& hashes, const Moment& end);

  // To be called before each event, as LifeOptions::event is, and with the life's result at its end.
  void note(const Moment& moment);

  std::uint64_t every() const { return every_; }
  // By number of events / every(). 16 bits are enough: lives that have parted stay different.
  std::vector<std::uint16_t> hashes() const { return {hashes_.begin(), hashes_.begin() + static_cast<long>(count_)}; }
  // The last moment that was noted.
  const Moment& end() const { return end_; }

 private:
  friend struct Parting;
  void keep_every_other();

  std::uint64_t every_ = 1;
  std::size_t count_ = 0;
  std::array<std::uint16_t, count_max> hashes_{};
  Moment end_;
};

// RunningHashes in memory that this process shares with those that it forks afterwards.
class SharedHashes {
 public:
  SharedHashes();
  ~SharedHashes();
  SharedHashes(const SharedHashes&) = delete;
  SharedHashes& operator=(const SharedHashes&) = delete;

  RunningHashes* get() const { return hashes_; }

 private:
  RunningHashes* hashes_;
};

// Where two lives part: their first `after` events are the same, and not their first `before`.
struct Parting {
  std::uint64_t after = 0;
  std::uint64_t before = 0;
  bool operator==(const Parting&) const = default;

  // nullopt: they are the same, in all their events.
  static std::optional<Parting> of(const RunningHashes& one, const RunningHashes& other);
};

}  // namespace fulmar
