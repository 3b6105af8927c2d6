#include "campaign/causal_clocks.h"

#include <algorithm>

namespace fulmar {

namespace {

using Kind = Happening::Kind;

void join(std::vector<std::uint64_t>& clock, const std::vector<std::uint64_t>& other) {
  if (clock.size() < other.size()) clock.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

void raise(std::vector<std::uint64_t>& clock, std::size_t index, std::uint64_t number) {
  if (clock.size() <= index) clock.resize(index + 1);
  clock[index] = number;
}

}  // namespace

bool holds(const CausalCut& cut, const Happening& happening) {
  if (!happening.where)
    return std::ranges::any_of(cut, [&](const auto& known) { return happening.number <= known.second; });
  auto known = cut.find(*happening.where);
  return known != cut.end() && happening.number <= known->second;
}

std::size_t CausalClocks::index_of(const Place& place) {
  if (auto known = indexes_.find(place); known != indexes_.end()) return known->second;
  Clock clock;
  if (place.shard) clock = clocks_[index_of(Place{place.node})];
  auto index = places_.size();
  indexes_.emplace(place, index);
  places_.push_back(place);
  clocks_.push_back(std::move(clock));
  return index;
}

// All shards of the machine have it in their pasts.
void CausalClocks::reach(std::size_t node, std::size_t from, std::uint64_t number) {
  index_of(Place{node});
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (places_[i].node == node) raise(clocks_[i], from, number);
}

// All shards of the machine have the same past.
void CausalClocks::meet(std::size_t node) {
  Clock all;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (places_[i].node == node) join(all, clocks_[i]);
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (places_[i].node == node) clocks_[i] = all;
}

void CausalClocks::take(const Happening& happening) {
  if (!happening.where) return;  // it reaches everybody, and holds() knows that
  const auto& place = *happening.where;
  auto index = index_of(place);
  if (happening.kind == Kind::fault) {
    reach(place.node, index, happening.number);
    if (happening.peer) reach(*happening.peer, index, happening.number);
    return;
  }
  if (happening.kind == Kind::received) {
    if (auto sent = under_way_.find(happening.cause); sent != under_way_.end()) {
      join(clocks_[index], sent->second);
      under_way_.erase(sent);
    } else if (happening.cause != 0 && happening.cause == last_received_) {  // a connection that breaks by what came
      join(clocks_[index], Clock(clocks_[last_receiver_]));
    }
    last_received_ = happening.number;
    last_receiver_ = index;
  }
  raise(clocks_[index], index, happening.number);
  if (!place.shard) meet(place.node);
  if (happening.kind == Kind::sent) {
    under_way_.emplace(happening.number, clocks_[index]);
    if (under_way_.size() > under_way_max) under_way_.erase(under_way_.begin());
  }
}

CausalCut CausalClocks::cut_of(const Clock& clock) const {
  CausalCut cut;
  for (std::size_t i = 0; i < clock.size(); ++i)
    if (clock[i] != 0) cut[places_[i]] = clock[i];
  return cut;
}

template <class Takes>
CausalCut CausalClocks::joined(Takes takes) const {
  Clock all;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (takes(places_[i])) join(all, clocks_[i]);
  return cut_of(all);
}

CausalCut CausalClocks::of_place(const Place& place) const {
  auto known = indexes_.find(place);
  return known == indexes_.end() ? CausalCut() : cut_of(clocks_[known->second]);
}

CausalCut CausalClocks::of_machine(std::size_t node) const {
  return joined([&](const Place& place) { return place.node == node; });
}

CausalCut CausalClocks::of_all() const {
  return joined([](const Place&) { return true; });
}

}  // namespace fulmar
