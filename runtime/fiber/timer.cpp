#include "runtime/fiber/timer.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

bool TimerHeap::before(const Entry& a, const Entry& b) {
  if (a.when != b.when) return a.when < b.when;
  if (a.tie != b.tie) return a.tie < b.tie;
  return a.sequence < b.sequence;
}

void TimerHeap::place(std::size_t at, const Entry& entry) {
  entries_[at] = entry;
  entry.timer->heap_index_ = at;
}

void TimerHeap::sift_up(std::size_t at, const Entry& entry) {
  while (at > 0) {
    auto parent = (at - 1) / 4;
    if (!before(entry, entries_[parent])) break;
    place(at, entries_[parent]);
    at = parent;
  }
  place(at, entry);
}

void TimerHeap::sift_down(std::size_t at, const Entry& entry) {
  for (;;) {
    auto first = at * 4 + 1;
    if (first >= entries_.size()) break;
    auto last = std::min(first + 4, entries_.size());
    auto least = first;
    for (auto child = first + 1; child < last; ++child)
      if (before(entries_[child], entries_[least])) least = child;
    if (!before(entries_[least], entry)) break;
    place(at, entries_[least]);
    at = least;
  }
  place(at, entry);
}

void TimerHeap::arm(Timer& timer, Instant when, std::uint64_t tie) {
  FULMAR_ASSERT(!timer.armed());
  timer.when_ = when;
  timer.tie_ = tie;
  Entry entry{when, tie, sequence_++, &timer};
  entries_.push_back(entry);
  sift_up(entries_.size() - 1, entry);
}

void TimerHeap::disarm(Timer& timer) {
  if (!timer.armed()) return;
  auto at = timer.heap_index_;
  timer.heap_index_ = Timer::not_armed;
  Entry moved = entries_.back();
  entries_.pop_back();
  if (at == entries_.size()) return;
  if (at > 0 && before(moved, entries_[(at - 1) / 4]))
    sift_up(at, moved);
  else
    sift_down(at, moved);
}

Timer& TimerHeap::pop() {
  FULMAR_ASSERT(!entries_.empty());
  Timer& first = *entries_.front().timer;
  disarm(first);
  return first;
}

}  // namespace fulmar
