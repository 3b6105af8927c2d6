#include "campaign/shrink.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <utility>

#include "campaign/exit_codes.h"
#include "campaign/held_signals.h"
#include "campaign/necessity.h"
#include "campaign/shrink_search.h"
#include "campaign/verify.h"

namespace fulmar {

namespace {

constexpr double search_share = 0.75;                // of the time; the rest is for judging the faults
constexpr std::uint64_t neighbours_at_the_end = 20;  // that are played to show how surely the shrunk plan fails
constexpr int neighbours_to_begin = 50;              // that are tried if the life itself does not fail any more
// Of each plan: few at first, since most plans fail in all or in none. Large parts come first with more than one: where
// any change makes another life, of which few fail, it takes several to see that the part was not needed.
constexpr int streams_of_large_parts[] = {1, 4};
constexpr int streams[] = {1, 3, 8};
constexpr double slow_factor = 10;  // a candidate that takes so much longer than the life does not count as failing
constexpr double slow_seconds_min = 20;

using Best = ShrinkSearch::Best;

// The life as it fails with the signature (nullopt: with any), or as it is.
struct First {
  Best best;
  std::optional<Signature> signature;
  double cpu_seconds = 0;
};

// The signal, if it is interrupted.
std::expected<First, int> play_first(const PlayFile& file, const WorkerLimits& limits) {
  SharedHashes hashes;
  auto played = run_in_worker(limits, {.scenario = file.scenario, .plan = file.plan, .hashes = hashes.get()});
  if (!played) return std::unexpected(played.error());
  auto wanted = file.capsule ? file.capsule->signature : std::nullopt;
  const auto& violations = played->life.violations;
  const auto* violation = wanted ? find_violation(violations, *wanted) : first_violation(violations);
  const auto& end = hashes.get()->end();  // also of a life that crashed
  First first{Best{file.plan, end.events, end.at - Instant{}}, std::nullopt, played->cpu_seconds};
  if (!violation) return first;
  first.signature = signature_of(*violation);
  first.best.violation = violation->anomaly == "crash" ? end.at : violation->at;
  return first;
}

std::string size_of(const Best& best) {
  return std::to_string(best.plan.faults.size()) + " faults, " + std::to_string(best.events) + " events";
}

std::string changed_settings(const Plan& before, const Plan& after) {
  std::string text;
  auto value = [](const Plan& plan, const std::string& name) {
    auto found = plan.settings.find(name);
    return found == plan.settings.end() ? std::string("none") : std::to_string(found->second);
  };
  auto all = before.settings;
  all.insert(after.settings.begin(), after.settings.end());
  for (const auto& [name, unused] : all)
    if (auto was = value(before, name), is = value(after, name); was != is)
      text += (text.empty() ? "" : ", ") + name + " " + was + " -> " + is;
  return text.empty() ? "none" : text;
}

// Shows where a search is: a line for each step, and on a terminal what is under way.
void show_progress(ShrinkSearch& search) {
  bool terminal = isatty(STDERR_FILENO);
  auto clear = [terminal] {
    if (terminal) std::fprintf(stderr, "\r\033[K");
  };
  search.on_better = [&search, clear](const std::string& what) {
    clear();
    std::printf("%6.1f s, %llu plays: %s (%s)\n", search.seconds(), static_cast<unsigned long long>(search.plays()),
                size_of(search.best()).c_str(), what.c_str());
    std::fflush(stdout);
  };
  search.on_idle = [&search, terminal] {
    if (terminal) std::fprintf(stderr, "\r\033[K%6.1f s: %s", search.seconds(), size_of(search.best()).c_str());
  };
}

Best best_of(const PlayedLife& played, const Signature& signature) {
  const auto* violation = find_violation(played.life.violations, signature);
  return {played.order.plan, played.life.events, played.life.simulated, violation->at};
}

}  // namespace

int shrink(const PlayFile& file, const ShrinkOptions& options) {
  auto complain = [&](const std::string& message, int code) {
    std::fprintf(stderr, "%s: %s\n", std::string(options.program).c_str(), message.c_str());
    return code;
  };
  if (auto writable = check_capsule_writable(options.out); !writable)
    return complain(writable.error().detail, exit_usage);
  const auto& scenario = *file.scenario;
  HeldSignals held;
  auto first = play_first(file, options.limits);
  if (!first) return complain("interrupted before anything was shrunk", exit_by_signal + first.error());
  auto signature = first->signature;
  bool recorded = file.capsule && file.capsule->signature;
  if (!signature && !recorded) return complain("the life does not fail: there is nothing to shrink", exit_usage);

  ShrinkLimits limits{options.seconds_max * search_share, options.plays_max, options.limits};
  limits.workers.life_seconds_max =
      std::min(limits.workers.life_seconds_max, std::max(slow_seconds_min, slow_factor * first->cpu_seconds));
  if (signature && signature->anomaly == "hang") limits.workers.life_seconds_max = options.limits.life_seconds_max;
  ShrinkSearch search(scenario, signature ? *signature : *file.capsule->signature, first->best, limits);
  show_progress(search);
  if (!signature) {
    signature = file.capsule->signature;
    Move as_it_is{"a neighbour, since the life itself does not fail any more",
                  [](const Plan& plan) { return std::vector<Plan>{plan}; }};
    if (!search.try_moves({as_it_is}, neighbours_to_begin))
      return complain("neither the life nor its neighbours fail with " + to_string(*signature), exit_usage);
  }
  std::printf("%s: %s\n", to_string(*signature).c_str(), size_of(search.best()).c_str());
  for (auto count : streams_of_large_parts) search.try_large_parts(count);
  for (auto count : streams) search.try_everything(count);

  auto time_is_left = [&] { return search.interrupted_by() == 0 && search.seconds() < options.seconds_max; };
  Necessity necessity;
  do {
    necessity = judge_necessity(scenario, search.best().plan, *signature, limits.workers, time_is_left);
    if (!necessity.fails_without) break;
    search.go_on_from(best_of(*necessity.fails_without, *signature));
    search.on_better("without a fault that turned out to be unnecessary");
    search.try_everything(streams[0]);
  } while (true);

  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r\033[K");
  auto capsule = record_capsule(scenario, search.best().plan, options.limits, signature);
  if (!capsule) return complain("interrupted before the capsule was written", exit_by_signal + capsule.error());
  if (capsule->signature != signature) {
    std::printf("NONDETERMINISM: the shrunk life failed, and did not when it was played again\n");
    return exit_nondeterminism;
  }
  capsule->notes = necessity.texts;
  const auto& end = capsule->trace.end();
  std::printf("shrunk in %llu plays and %.0f s:\n", static_cast<unsigned long long>(search.plays()), search.seconds());
  std::printf("  faults     %zu -> %zu\n", file.plan.faults.size(), capsule->plan.faults.size());
  std::printf("  events     %llu -> %llu\n", static_cast<unsigned long long>(first->best.events),
              static_cast<unsigned long long>(end.events));
  std::printf("  simulated  %.1f s -> %.1f s\n", std::chrono::duration<double>(first->best.simulated).count(),
              std::chrono::duration<double>(end.at - Instant{}).count());
  std::printf("  settings   %s\n", changed_settings(file.plan, capsule->plan).c_str());
  for (const auto& text : necessity.texts) std::printf("  fault %s\n", text.c_str());
  auto share =
      failing_neighbours(scenario, capsule->plan, *signature, neighbours_at_the_end, limits.workers, time_is_left);
  if (share.lives > 0) std::printf("  neighbours that fail so: %s\n", to_string(share).c_str());
  if (auto written = write_capsule(options.out, *capsule, scenario.terms); !written)
    return complain(written.error().detail, exit_unwritten);
  std::printf("replay: %s replay %s\n", std::string(options.program).c_str(), options.out.c_str());
  auto interrupted_by = std::max(search.interrupted_by(), necessity.interrupted_by);
  return interrupted_by != 0 ? exit_by_signal + interrupted_by : 0;
}

}  // namespace fulmar
