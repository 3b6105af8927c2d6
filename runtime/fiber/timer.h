// Timer: something that happens at an instant; TimerHeap: the earliest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

class Timer {
 public:
  virtual void fire() noexcept = 0;  // in the scheduler's context, once, after its removal from the heap
  bool armed() const { return heap_index_ != not_armed; }
  Instant when() const { return when_; }

 protected:
  ~Timer() = default;

 private:
  friend class TimerHeap;
  static constexpr std::size_t not_armed = static_cast<std::size_t>(-1);
  Instant when_;
  std::uint64_t tie_ = 0;  // decides between timers of the same instant
  std::size_t heap_index_ = not_armed;
};

// A 4-ary heap with the timers in place: arm and disarm are O(log n) and allocate only to grow.
class TimerHeap {
 public:
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  Instant earliest() const { return entries_.front().when; }  // not when empty

  // Timers of the same instant fire in the order of `tie`, then of arming.
  void arm(Timer& timer, Instant when, std::uint64_t tie);
  void disarm(Timer& timer);  // nothing if it is not armed
  Timer& pop();               // removes the earliest

 private:
  struct Entry {
    Instant when;
    std::uint64_t tie;
    std::uint64_t sequence;
    Timer* timer;
  };
  static bool before(const Entry& a, const Entry& b);
  void place(std::size_t at, const Entry& entry);
  void sift_up(std::size_t at, const Entry& entry);
  void sift_down(std::size_t at, const Entry& entry);

  std::vector<Entry> entries_;
  std::uint64_t sequence_ = 0;
};

}  // namespace fulmar
