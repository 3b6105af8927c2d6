#include "runtime/base/mark.h"

#include <algorithm>

// The linker sets these to the bounds of the section that FULMAR_MARK fills; null if no file has a mark.
extern "C" {
[[gnu::weak]] extern fulmar::MarkedPlace* fulmar_marks_begin[] asm("__start_fulmar_marks");
[[gnu::weak]] extern fulmar::MarkedPlace* fulmar_marks_end[] asm("__stop_fulmar_marks");
}

namespace fulmar {

namespace {

const MarkWatch* watch = nullptr;  // the latest

// By name.
const std::vector<MarkedPlace*>& places() {
  static const auto all = [] {
    std::vector<MarkedPlace*> found(fulmar_marks_begin, fulmar_marks_end);
    std::ranges::sort(found, {}, [](const MarkedPlace* place) { return std::string_view(place->name); });
    return found;
  }();
  return all;
}

}  // namespace

void MarkedPlace::pass_first() noexcept {
  if (watch) first = watch->clock_();
}

const std::vector<std::string>& code_marks() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto* place : places()) all.emplace_back(place->name);
    return all;
  }();
  return names;
}

MarkWatch::MarkWatch(std::function<std::uint64_t()> clock) : clock_(std::move(clock)) {
  for (auto* place : places()) {
    place->times.store(0, std::memory_order_relaxed);
    place->first = 0;
  }
  watch = this;
}

MarkWatch::~MarkWatch() {
  if (watch == this) watch = nullptr;
}

std::vector<MarkWatch::Reached> MarkWatch::reached() const {
  std::vector<Reached> found;
  for (const auto* place : places())
    if (auto times = place->times.load(std::memory_order_relaxed); times > 0)
      found.push_back({place->name, times, place->first});
  return found;
}

}  // namespace fulmar
