#include "campaign/explorer.h"

#include <algorithm>
#include <vector>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// A mark is rare if at most one play in so many has reached it, or at most so many plays have.
constexpr std::uint64_t rare_one_in = 25;
constexpr std::uint64_t rare_plays = 2;
constexpr std::size_t rare_marks_max = 12;  // of one life, in pairs
constexpr std::size_t interests_max = 1000;

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

}  // namespace

Explorer::Explorer(const Scenario& scenario, PlanChoice choice, std::uint64_t campaign_seed)
    : scenario_(scenario), choice_(std::move(choice)), random_(Random(campaign_seed).split("explorer")) {}

bool Explorer::is_rare(const std::string& mark) const {
  auto found = reached_by_.find(mark);
  auto plays = found == reached_by_.end() ? 0 : found->second;
  return plays <= std::max(rare_plays, processed_ / rare_one_in);
}

std::optional<Explorer::Child> Explorer::next() {
  FULMAR_ASSERT(ready());
  auto number = decided_++;
  for (; processed_ + lag <= number; ++processed_)
    if (auto result = ended_.extract(processed_); result.mapped()) process(processed_, std::move(*result.mapped()));
  if (processed_ < lag || children_ * 2 >= number) return std::nullopt;
  while (auto* interest = rarest()) {
    auto child = child_of(*interest);
    if (!child) {
      interest->left = 0;
      continue;
    }
    ++children_;
    return child;
  }
  return std::nullopt;
}

// Drops what has become of no interest.
Explorer::Interest* Explorer::rarest() {
  std::erase_if(interests_, [this](const Interest& one) { return one.left == 0 || !is_rare(one.mark); });
  auto reached = [this](const Interest& one) { return reached_by_.at(one.mark); };
  auto found = std::ranges::min_element(interests_, {}, reached);  // the first of equals
  return found == interests_.end() ? nullptr : &*found;
}

std::optional<Explorer::Child> Explorer::child_of(Interest& interest) {
  auto random = random_.split(decided_).split(interest.left--);
  auto why = in_quotes(interest.mark) + (interest.other.empty() ? "" : " and " + in_quotes(interest.other));
  auto from = "play " + std::to_string(interest.play);
  if (!interest.event) {
    auto bred = breed(scenario_, interest.plan, choice_, random);
    if (!bred) return std::nullopt;
    return Child{std::move(bred->plan), from + ", with " + bred->change + ", since it has reached " + why};
  }
  Child child{interest.plan, from + ", from event " + std::to_string(*interest.event) +
                                 " on with other random streams, since it has reached " + why};
  auto& branches = child.plan.branches;
  std::erase_if(branches, [&](const Branch& branch) { return branch.event >= *interest.event; });
  if (branches.size() == Plan::branches_max) return std::nullopt;
  branches.push_back({*interest.event, random.next() >> 1});
  return child;
}

void Explorer::ended(std::uint64_t number, const Plan& plan, const LifeResult* life) {
  FULMAR_ASSERT(number < decided_ && number >= complete_ && !ended_.contains(number));
  ended_[number] = life ? std::optional(Result{plan, life->sightings}) : std::nullopt;
  while (ended_.contains(complete_)) ++complete_;
}

void Explorer::process(std::uint64_t number, Result result) {
  auto add = [&](const std::string& mark, const std::string& other, std::optional<std::uint64_t> event,
                 std::uint64_t times) {
    if (event == 0) return;  // that would be another life from its begin
    if (interests_.size() == interests_max) interests_.pop_front();
    interests_.push_back({number, result.plan, mark, other, event, times});
  };
  std::vector<std::string> rare;
  for (const auto& [mark, event] : result.sightings) {
    if (reached_by_[mark]++ == 0) add(mark, "", event, forks_of_a_mark);
    if (is_rare(mark)) rare.push_back(mark);
  }
  std::ranges::sort(rare, {}, [this](const std::string& mark) { return std::pair(reached_by_.at(mark), mark); });
  if (rare.size() > rare_marks_max) rare.resize(rare_marks_max);
  if (!rare.empty()) add(rare.front(), "", std::nullopt, changes_of_a_plan);
  bool forked = false;
  for (std::size_t i = 0; i < rare.size(); ++i)
    for (std::size_t j = i + 1; j < rare.size(); ++j) {
      auto pair = std::minmax(rare[i], rare[j]);
      bool is_new = pairs_.insert({pair.first, pair.second}).second;
      bool seen_before = reached_by_.at(rare[i]) > 1 && reached_by_.at(rare[j]) > 1;  // else the mark itself forks
      if (!is_new || !seen_before || std::exchange(forked, true)) continue;
      add(rare[i], rare[j], std::max(result.sightings.at(rare[i]), result.sightings.at(rare[j])), forks_of_a_pair);
    }
}

}  // namespace fulmar
