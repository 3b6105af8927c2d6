#include "campaign/turns.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/base/random.h"

namespace fulmar {

namespace {

constexpr std::uint64_t lives_for_each_played_twice = 20;
constexpr double seconds_guessed = 1;  // of a scenario's life, before one has ended

}  // namespace

Turns::Turns(const std::vector<const Scenario*>& scenarios, SeedRange seeds, Shard shard, PlanChoice choice,
             const std::map<std::string, PlayedSeeds>& played, bool guided)
    : seeds_(seeds), shard_(shard), choice_(std::move(choice)) {
  FULMAR_ASSERT(seeds.first <= seeds.last && seeds.last <= seed_max);
  FULMAR_ASSERT(shard.number >= 1 && shard.number <= shard.of);
  auto offset = shard.number - 1;
  auto first = offset > seeds.last - seeds.first ? std::nullopt : std::optional(seeds.first + offset);
  for (const auto* scenario : scenarios) {
    auto known = played.find(std::string(scenario->name));
    lanes_.push_back({.scenario = scenario,
                      .played = known == played.end() ? PlayedSeeds{} : known->second,
                      .next = first,
                      .why = {},
                      .explorer = {}});
    if (guided) lanes_.back().explorer.emplace(*scenario, choice_, seeds.first);
  }
}

// Its place among the seeds of the shard, from 0.
std::uint64_t Turns::number_of(std::uint64_t seed) const {
  return (seed - seeds_.first - (shard_.number - 1)) / shard_.of;
}

bool Turns::at_end() const {
  return std::ranges::none_of(lanes_, [](const Lane& lane) { return lane.next.has_value(); });
}

std::optional<std::uint64_t> Turns::after(std::uint64_t seed) const {
  return seeds_.last - seed < shard_.of ? std::nullopt : std::optional(seed + shard_.of);
}

double Turns::seconds_with_those_under_way(const Lane& lane) const {
  double mean = lane.ended == 0 ? seconds_guessed : lane.seconds / static_cast<double>(lane.ended);
  return lane.seconds + mean * static_cast<double>(lane.under_way);
}

std::optional<LifeOrder> Turns::next() {
  for (;;) {
    Lane* least = nullptr;
    for (auto& lane : lanes_)
      if (lane.next && (!lane.explorer || lane.explorer->ready()) &&
          (!least || seconds_with_those_under_way(lane) < seconds_with_those_under_way(*least)))
        least = &lane;
    if (!least) return std::nullopt;
    if (auto order = next_of(*least)) {
      ++least->under_way;
      return order;
    }
  }
}

// nullopt at the end of its seeds, or if it has to wait.
std::optional<LifeOrder> Turns::next_of(Lane& lane) {
  while (lane.next && (!lane.explorer || lane.explorer->ready())) {
    auto seed = *lane.next;
    lane.next = after(seed);
    auto played = lane.played.find(seed);
    if (played != lane.played.end() && !lane.explorer) continue;
    LifeOrder order{.scenario = lane.scenario,
                    .plan = plan_of(*lane.scenario, seed, choice_),
                    .twice = mix64(seed) % lives_for_each_played_twice == 0};
    if (lane.explorer) {
      order.turn = seed;
      if (auto child = lane.explorer->next()) {
        order.plan = std::move(child->plan);
        order.origin = std::move(child->origin);
      }
      if (played != lane.played.end()) {
        LifeResult life;
        life.sightings = played->second;
        lane.explorer->ended(number_of(seed), order.plan, &life);
        continue;
      }
      if (!order.origin.empty()) return order;
    }
    if (choice_.empty()) return order;
    auto checked = lane.scenario->check(*lane.scenario, order.plan);
    if (checked) return order;
    if (lane.explorer) lane.explorer->ended(number_of(seed), order.plan, nullptr);
    if (lane.passed++ == 0) lane.why = checked.error().detail;
  }
  return std::nullopt;
}

void Turns::ended(const PlayedLife& life) {
  auto lane = std::ranges::find(lanes_, life.order.scenario, &Lane::scenario);
  FULMAR_ASSERT(lane != lanes_.end() && lane->under_way > 0);
  --lane->under_way;
  ++lane->ended;
  lane->seconds += life.wall_seconds;
  if (lane->explorer) lane->explorer->ended(number_of(life.order.turn), life.order.plan, &life.life);
}

std::optional<double> Turns::lives() const {
  if (seeds_.last == seed_max) return std::nullopt;
  auto length = seeds_.last - seeds_.first;
  auto offset = shard_.number - 1;
  if (offset > length) return 0;
  return static_cast<double>((length - offset) / shard_.of + 1) * static_cast<double>(lanes_.size());
}

std::vector<Turns::Passed> Turns::passed_over() const {
  std::vector<Passed> all;
  for (const auto& lane : lanes_)
    if (lane.passed > 0) all.push_back({std::string(lane.scenario->name), lane.passed, lane.why});
  return all;
}

}  // namespace fulmar
