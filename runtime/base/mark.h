// Marks of the code: FULMAR_MARK("raft: divergent tail cut") counts how often a life passes a point that decides
// something. Campaigns add the counts up and show which points no life has reached, and guided campaigns follow what is
// rare.
//
// FULMAR_MARK is a statement for functions of .cpp files that are no templates and not inline. The name is a literal,
// "part: what has happened", and is unique in the whole program (tests/lint/marks.py). A mark changes nothing that a
// life does. Sources with marks are compiled twice: with FULMAR_MARKS=1 for the simulator and the tests, and with
// FULMAR_MARKS=0, which leaves nothing of them, for the production binary (fulmar_library in cmake/targets.cmake).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fulmar {

// A place in the code. Counts of all places are of the whole process; threads may count at once, and then a count may
// be too low.
struct MarkedPlace {
  const char* name;
  std::atomic<std::uint64_t> times = 0;
  std::uint64_t first = 0;  // what the MarkWatch's clock showed when it was passed for the first time

  void pass() noexcept {
    auto before = times.load(std::memory_order_relaxed);
    times.store(before + 1, std::memory_order_relaxed);
    if (before == 0) pass_first();
  }

 private:
  void pass_first() noexcept;
};

// The names of all marks that are in this program, in order.
const std::vector<std::string>& code_marks();

// Counts from its beginning on. While there are several, only the latest one's counts are right.
class MarkWatch {
 public:
  struct Reached {
    std::string_view name;
    std::uint64_t times = 0;
    std::uint64_t first = 0;  // by the clock
  };

  // `clock` is called when a mark is passed for the first time, from there: it must not wait, nor pass a mark.
  explicit MarkWatch(std::function<std::uint64_t()> clock);
  MarkWatch(const MarkWatch&) = delete;
  MarkWatch& operator=(const MarkWatch&) = delete;
  ~MarkWatch();

  // The marks that were passed, in the order of their names.
  std::vector<Reached> reached() const;

 private:
  friend struct MarkedPlace;
  std::function<std::uint64_t()> clock_;
};

}  // namespace fulmar

#ifndef FULMAR_MARKS
#define FULMAR_MARKS 1
#endif

// The section has pointers, since a compiler may align what it puts there.
#if FULMAR_MARKS
#define FULMAR_MARK(name)                                                                                             \
  do {                                                                                                                \
    static constinit ::fulmar::MarkedPlace fulmar_mark_place{name};                                                   \
    [[gnu::section("fulmar_marks"), gnu::used]] static ::fulmar::MarkedPlace* fulmar_mark_entry = &fulmar_mark_place; \
    fulmar_mark_place.pass();                                                                                         \
  } while (false)
#else
#define FULMAR_MARK(name) static_cast<void>(0)
#endif
