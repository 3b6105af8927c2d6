#include "campaign/shrink_search.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "campaign/held_signals.h"
#include "campaign/verify.h"
#include "runtime/base/assert.h"

namespace fulmar {

ShrinkSearch::ShrinkSearch(const Scenario& scenario, Signature signature, Best best, const ShrinkLimits& limits)
    : scenario_(scenario), signature_(std::move(signature)), best_(std::move(best)), limits_(limits) {}

double ShrinkSearch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

int ShrinkSearch::interrupted_by() const {
  return interrupted_by_ != 0 ? interrupted_by_ : HeldSignals::received();
}

bool ShrinkSearch::out_of_time() const {
  return interrupted_by() != 0 || seconds() > limits_.seconds_max ||
         (limits_.plays_max > 0 && plays_ >= limits_.plays_max);
}

void ShrinkSearch::judge(Candidate& candidate, const PlayedLife& played) const {
  candidate.ended = true;
  const auto* violation = find_violation(played.life.violations, signature_);
  candidate.failed = violation != nullptr && !(candidate.must_not_grow && played.life.events > best_.events);
  if (candidate.failed) candidate.outcome = {candidate.plan, played.life.events, played.life.simulated, violation->at};
}

std::size_t ShrinkSearch::first_that_fails(const Moves& moves, std::size_t from, int streams) {
  std::deque<Candidate> candidates;  // in order; those that are known not to fail are not among them
  std::size_t move = from;
  std::vector<Plan> alternatives;
  std::size_t alternative = 0;
  int stream = 0;
  bool found = false;
  std::uint64_t fresh = 0;  // candidates that count as plays
  // The next plan to be played, in the order of moves, alternatives and streams.
  auto next = [&]() -> std::optional<LifeOrder> {
    while (!found && move < moves.size()) {
      if (alternative == 0 && stream == 0) alternatives = moves[move].apply(best_.plan);
      if (alternative == alternatives.size()) {
        ++move;
        alternative = 0;
        continue;
      }
      auto plan = alternatives[alternative];
      if (scenario_.check && !scenario_.check(scenario_, plan)) {
        ++alternative;
        stream = 0;
        continue;
      }
      if (seconds() > limits_.seconds_max || (limits_.plays_max > 0 && plays_ + fresh >= limits_.plays_max))
        return std::nullopt;
      if (stream > 0) plan = neighbour_of(plan, static_cast<std::uint64_t>(stream));
      auto number = move;
      if (++stream == streams) {
        ++alternative;
        stream = 0;
      }
      auto key = plan_to_json(plan, scenario_.terms);
      candidates.push_back({.move = number, .must_not_grow = moves[number].must_not_grow, .plan = plan, .key = key});
      auto known = passed_.find(key);
      if (known == passed_.end() || known->second != Known::counted) ++fresh;
      if (known == passed_.end()) return LifeOrder{.scenario = &scenario_, .plan = std::move(plan)};
      candidates.back().ended = true;  // it is known not to fail
    }
    return std::nullopt;
  };
  auto done = [&](const PlayedLife& played) {
    auto candidate = std::ranges::find_if(
        candidates, [&](const Candidate& one) { return !one.ended && one.plan == played.order.plan; });
    FULMAR_ASSERT(candidate != candidates.end());
    judge(*candidate, played);
    found |= candidate->failed;
  };
  interrupted_by_ = run_in_workers(limits_.workers, next, done, on_idle);

  auto first = std::ranges::find_if(candidates, &Candidate::failed);
  for (auto candidate = candidates.begin(); candidate != candidates.end(); ++candidate) {
    if (!candidate->ended) break;  // interrupted
    bool ahead = first != candidates.end() && candidate > first;
    auto known = passed_.find(candidate->key);
    bool counted = known != passed_.end() && known->second == Known::counted;
    if (!ahead && !counted) ++plays_;
    if (!candidate->failed && !counted) passed_[candidate->key] = ahead ? Known::played_ahead : Known::counted;
  }
  if (first == candidates.end()) return moves.size();
  // Played by another process before one that was first in order ended: only then is it the first.
  if (std::any_of(candidates.begin(), first, [](const Candidate& one) { return !one.ended; })) return moves.size();
  best_ = first->outcome;
  return first->move;
}

bool ShrinkSearch::try_moves(const Moves& moves, int streams) {
  bool better = false;
  for (std::size_t from = 0; from < moves.size() && !out_of_time();) {
    auto failed = first_that_fails(moves, from, streams);
    if (failed == moves.size()) break;
    better = true;
    on_better(moves[failed].what);
    from = failed + 1;
  }
  return better;
}

bool ShrinkSearch::make_smaller(Grain grain, int streams) {
  auto end = [&] { return try_moves(earlier_end(scenario_, best_.violation, best_.simulated), streams); };
  bool smaller = end();
  smaller |= try_moves(fewer_faults(best_.plan, grain), streams);
  smaller |= end();
  smaller |= try_moves(simplest_settings(scenario_, best_.plan, grain), streams);
  return smaller;
}

void ShrinkSearch::try_large_parts(int streams) {
  bool better = true;
  while (better && !out_of_time()) {
    better = make_smaller(Grain::coarse, streams);
    better |= try_moves(all_faults_earlier(), streams);
  }
}

void ShrinkSearch::try_everything(int streams) {
  bool better = true;
  while (better && !out_of_time()) {
    better = false;
    // What makes lives much shorter comes first, until it does no more: the rest is then played with short lives.
    for (bool smaller = true; smaller && !out_of_time();) {
      smaller = make_smaller(Grain::coarse, streams);
      smaller |= make_smaller(Grain::fine, streams);
      better |= smaller;
    }
    for (const auto& moves : {earlier_faults, weaker_faults}) {
      better |= try_moves(moves(best_.plan), streams);
      better |= try_moves(earlier_end(scenario_, best_.violation, best_.simulated), streams);
    }
    better |= try_moves(simpler_settings(scenario_, best_.plan), streams);
  }
}

}  // namespace fulmar
