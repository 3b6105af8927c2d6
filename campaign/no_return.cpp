#include "campaign/no_return.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "campaign/traced_life.h"

namespace fulmar {

namespace {

constexpr std::size_t events_shown_max = 40;
constexpr std::size_t account_min = 5;  // a shorter account is shown with all other lines of the trace
constexpr int bar_width = 40;

double share_of(const FailingShare& share) {
  return share.lives == 0 ? 0 : static_cast<double>(share.failed) / static_cast<double>(share.lives);
}

// A life's moments, as far as its trace has lines.
class Times {
 public:
  Times(const Scenario& scenario, const Plan& plan, Instant until, double life_seconds_max) {
    TracedLife life(scenario, plan, life_seconds_max);
    while (auto line = life.next()) {
      if (line->at > until) break;
      end_ = {line->events, line->at};
      moments_.try_emplace(line->at, line->events);
    }
  }

  std::pair<std::uint64_t, Instant> end() const { return end_; }
  // The first moment at or after that time; the end if there is none.
  std::pair<std::uint64_t, Instant> at(Instant time) const {
    auto found = moments_.lower_bound(time);
    return found == moments_.end() ? end_ : std::pair(found->second, found->first);
  }

 private:
  std::map<Instant, std::uint64_t> moments_;  // the events before each instant that has a line
  std::pair<std::uint64_t, Instant> end_;
};

// What happened from one moment to another: the account of the life, or all lines of its trace if that is short.
std::vector<std::string> lines_between(const Scenario& scenario, const Plan& plan, Instant from, Instant to,
                                       double life_seconds_max) {
  struct Shown {
    std::vector<std::string> lines;
    std::size_t all = 0;
    void add(const TracedLine& line) {
      if (++all <= events_shown_max) lines.push_back(to_string(line));
    }
  };
  Shown account, trace;
  TracedLife life(scenario, plan, life_seconds_max);
  while (auto line = life.next()) {
    if (line->at > to) break;
    if (line->at < from) continue;
    trace.add(*line);
    if (line->account) account.add(*line);
  }
  auto& shown = account.all < account_min ? trace : account;
  if (shown.all > shown.lines.size())
    shown.lines.push_back("... and " + std::to_string(shown.all - shown.lines.size()) + " more");
  return std::move(shown.lines);
}

class Search {
 public:
  Search(const Scenario& scenario, const Plan& plan, const Signature& signature, const NoReturnOptions& options,
         const std::function<void(std::uint64_t)>& progress)
      : scenario_(scenario), plan_(plan), signature_(signature), options_(options), progress_(progress) {}

  NoReturn run(Instant failure) {
    Times times(scenario_, plan_, failure, options_.limits.life_seconds_max);
    const auto [last_event, end] = times.end();
    found_.failure = failure == Instant::max() ? end : failure;
    found_.last_event = last_event;
    add(times, Instant{}, end, options_.moments);
    play();
    locate();
    if (options_.moments > 1 && found_.interrupted_by == 0 && !found_.curve.empty()) {
      auto [from, to] = rise();
      add(times, from, to, options_.moments / 2 + 1);
      play();
      locate();
    }
    if (!found_.curve.empty()) {
      auto [from, to] = rise();
      found_.events = lines_between(scenario_, plan_, from, to, options_.limits.life_seconds_max);
    }
    return std::move(found_);
  }

 private:
  // `count` moments from `from` on, up to `to`, which is not one of them.
  void add(const Times& times, Instant from, Instant to, int count) {
    const auto first = plan_.branches.empty() ? 0 : plan_.branches.back().event + 1;
    for (int i = 0; i < count; ++i) {
      auto [event, at] = times.at(from + (to - from) * i / count);
      bool known = std::ranges::any_of(found_.curve, [&](const auto& moment) { return moment.event == event; });
      if (event >= first && event < found_.last_event && !known) found_.curve.push_back({event, at, {}});
    }
    std::ranges::sort(found_.curve, {}, &NoReturn::Moment::event);
  }

  // All futures that were not played yet.
  void play() {
    std::size_t place = 0;
    std::map<std::uint64_t, std::uint64_t> given;  // by the moment's event
    const auto wanted = static_cast<std::uint64_t>(options_.futures);
    auto next = [&]() -> std::optional<LifeOrder> {
      for (; place < found_.curve.size(); ++place) {
        auto& moment = found_.curve[place];
        if (moment.share.lives == wanted || given[moment.event] == wanted) continue;
        auto future = plan_;
        future.branches.push_back({moment.event, ++given[moment.event]});
        return LifeOrder{.scenario = &scenario_, .plan = std::move(future)};
      }
      return std::nullopt;
    };
    auto done = [&](const PlayedLife& played) {
      auto event = played.order.plan.branches.back().event;
      auto moment = std::ranges::find(found_.curve, event, &NoReturn::Moment::event);
      ++moment->share.lives;
      if (find_violation(played.life.violations, signature_)) ++moment->share.failed;
      progress_(++played_);
    };
    found_.interrupted_by = run_in_workers(options_.limits, next, done, [] {});
  }

  void locate() {
    double most = -1;
    for (std::size_t i = 0; i < found_.curve.size(); ++i) {
      auto after = i + 1 < found_.curve.size() ? share_of(found_.curve[i + 1].share) : 1.0;
      if (auto rises = after - share_of(found_.curve[i].share); rises > most) {
        most = rises;
        found_.steepest = i;
      }
    }
  }
  std::pair<Instant, Instant> rise() const {
    auto after = found_.steepest + 1;
    return {found_.curve[found_.steepest].at, after < found_.curve.size() ? found_.curve[after].at : found_.failure};
  }

  const Scenario& scenario_;
  const Plan& plan_;
  const Signature& signature_;
  const NoReturnOptions& options_;
  const std::function<void(std::uint64_t)>& progress_;
  NoReturn found_;
  std::uint64_t played_ = 0;
};

std::string bar(double share) {
  return std::string(static_cast<std::size_t>(share * bar_width + 0.5), '#');
}

}  // namespace

NoReturn find_no_return(const Scenario& scenario, const Plan& plan, const Signature& signature, Instant failure,
                        const NoReturnOptions& options, const std::function<void(std::uint64_t)>& progress) {
  return Search(scenario, plan, signature, options, progress).run(failure);
}

std::string describe(const NoReturn& found) {
  std::string text = "        time      events  futures that fail with it\n";
  for (std::size_t i = 0; i < found.curve.size(); ++i) {
    const auto& [event, at, share] = found.curve[i];
    char line[120];
    std::snprintf(line, sizeof line, "%12s  %10llu  %4llu of %-4llu %s\n", to_string(at).c_str(),
                  static_cast<unsigned long long>(event), static_cast<unsigned long long>(share.failed),
                  static_cast<unsigned long long>(share.lives), bar(share_of(share)).c_str());
    text += line;
    if (i == found.steepest) text += "              --- the share rises most here ---\n";
  }
  text += "  the failure: " + to_string(found.failure) + "\n";
  if (!found.events.empty()) text += "what happened there:\n";
  for (const auto& event : found.events) text += "  " + event + "\n";
  return text;
}

}  // namespace fulmar
