#include "campaign/debug/checkpoints.h"

#include <algorithm>
#include <iterator>

#include "runtime/base/assert.h"

namespace fulmar {

std::optional<std::uint64_t> Checkpoints::surplus(std::uint64_t now) const {
  if (all_.size() < count_max_) return std::nullopt;
  FULMAR_ASSERT(all_.size() >= 2);
  // The one whose absence makes the smallest gap, in relation to its distance from the present: so distances grow
  // exponentially.
  auto distance = [&](std::uint64_t events) { return 1 + (events < now ? now - events : events - now); };
  std::optional<std::uint64_t> least;
  double least_weight = 0;
  for (auto each = std::next(all_.begin()); each != all_.end(); ++each) {
    auto after = std::next(each);
    auto gap = (after == all_.end() ? std::max(now, each->first) : after->first) - std::prev(each)->first;
    auto weight = static_cast<double>(gap) / static_cast<double>(distance(each->first));
    if (least && weight >= least_weight) continue;
    least = each->first;
    least_weight = weight;
  }
  return least;
}

LifeCheckpoint Checkpoints::take(std::uint64_t events) {
  auto found = all_.find(events);
  FULMAR_ASSERT(found != all_.end());
  auto checkpoint = found->second;
  all_.erase(found);
  return checkpoint;
}

std::optional<std::uint64_t> Checkpoints::latest_until(std::uint64_t events) const {
  auto after = all_.upper_bound(events);
  if (after == all_.begin()) return std::nullopt;
  return std::prev(after)->first;
}

std::optional<std::uint64_t> Checkpoints::latest_before(Instant at) const {
  std::optional<std::uint64_t> latest;
  for (const auto& [events, checkpoint] : all_)
    if (checkpoint.at < at) latest = events;
  return latest;
}

bool Checkpoints::has_near(std::uint64_t events, std::uint64_t distance) const {
  auto from = all_.lower_bound(events < distance ? 0 : events - distance);
  return from != all_.end() && from->first <= events + distance;
}

std::size_t Checkpoints::free_slot() const {
  for (std::size_t slot = 0;; ++slot)
    if (std::ranges::none_of(all_, [&](const auto& each) { return each.second.slot == slot; })) return slot;
}

}  // namespace fulmar
