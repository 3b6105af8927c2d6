#include "campaign/verify.h"

#include <unistd.h>

#include <cstdio>
#include <map>

#include "campaign/exit_codes.h"
#include "campaign/failing_share.h"

namespace fulmar {

namespace {

constexpr std::size_t others_shown_max = 10;

// What the lives showed. `wanted`: the signature in question; nullopt: any violation counts.
struct Verdicts {
  std::optional<Signature> wanted;
  FailingShare share;                    // of the neighbours that fail so
  std::map<std::string, int> otherwise;  // by signature: neighbours that fail otherwise
  std::optional<std::string> own;        // of the life itself
  bool own_failed = false;

  void add(const PlayedLife& played, bool is_neighbour) {
    const auto& violations = played.life.violations;
    bool failed = wanted ? find_violation(violations, *wanted) != nullptr : !violations.empty();
    auto signature = signature_of(violations);
    if (!is_neighbour) {
      own_failed = failed;
      own = failed && wanted ? "fails with it" : signature ? "fails: " + to_string(*signature) : "is clean";
      return;
    }
    ++share.lives;
    if (failed) ++share.failed;
    if (signature && (!failed || !wanted)) ++otherwise[to_string(*signature)];
  }
};

void print(const Verdicts& verdicts, const PlayFile& file) {
  if (file.capsule)
    std::printf("recorded by commit %s: %s\n", file.capsule->commit.c_str(),
                verdicts.wanted ? to_string(*verdicts.wanted).c_str() : "clean");
  if (verdicts.own) std::printf("the life itself %s\n", verdicts.own->c_str());
  std::printf("of its neighbours, %s fail%s\n", to_string(verdicts.share).c_str(), verdicts.wanted ? " with it" : "");
  std::size_t shown = 0;
  for (const auto& [signature, lives] : verdicts.otherwise) {
    if (shown++ == others_shown_max) {
      std::printf("  ... and %zu more signatures\n", verdicts.otherwise.size() - others_shown_max);
      break;
    }
    std::printf("  %d fail%s with %s\n", lives, lives == 1 ? "s" : "", signature.c_str());
  }
  if (verdicts.share.failed > 0 || verdicts.share.lives == 0) return;
  if (verdicts.own_failed)
    std::printf("They fail too rarely to tell a fix by: play more of them, or those of a life that is shrunk less.\n");
  else
    std::printf("That is no proof: before a fix, `verify` should have shown a share well above %.1f %%.\n",
                100 * verdicts.share.high());
}

}  // namespace

Plan neighbour_of(const Plan& plan, std::uint64_t n) {
  auto neighbour = plan;
  auto own = plan.branches.empty() ? Branch{} : plan.branches.front();
  neighbour.branches = {{.event = own.event, .seed = own.seed + n}};
  return neighbour;
}

FailingShare failing_neighbours(const Scenario& scenario, const Plan& plan, const Signature& signature,
                                std::uint64_t futures, const WorkerLimits& limits, const std::function<bool()>& go_on) {
  FailingShare share;
  std::uint64_t given = 0;
  auto next = [&]() -> std::optional<LifeOrder> {
    if (given == futures || !go_on()) return std::nullopt;
    return LifeOrder{.scenario = &scenario, .plan = neighbour_of(plan, ++given)};
  };
  auto done = [&](const PlayedLife& played) {
    ++share.lives;
    if (find_violation(played.life.violations, signature)) ++share.failed;
  };
  run_in_workers(limits, next, done, [] {});
  return share;
}

int verify(const PlayFile& file, const VerifyOptions& options) {
  Verdicts verdicts;
  if (file.capsule) verdicts.wanted = file.capsule->signature;
  std::uint64_t given = 0;
  auto next = [&]() -> std::optional<LifeOrder> {
    if (given > static_cast<std::uint64_t>(options.futures)) return std::nullopt;
    auto n = given++;
    return LifeOrder{.scenario = file.scenario, .plan = n == 0 ? file.plan : neighbour_of(file.plan, n)};
  };
  bool failed = false;
  auto done = [&](const PlayedLife& played) {
    failed |= !played.life.violations.empty();
    verdicts.add(played, played.order.plan.branches != file.plan.branches);
  };
  bool terminal = isatty(STDERR_FILENO);
  auto idle = [&] {
    if (!terminal) return;
    std::fprintf(stderr, "\r\033[K%llu of %d neighbours, %llu fail",
                 static_cast<unsigned long long>(verdicts.share.lives), options.futures,
                 static_cast<unsigned long long>(verdicts.share.failed));
    std::fflush(stderr);
  };
  int interrupted_by = run_in_workers(options.limits, next, done, idle);
  if (terminal) std::fprintf(stderr, "\r\033[K");
  print(verdicts, file);
  if (failed) return exit_violation;
  return interrupted_by != 0 ? exit_by_signal + interrupted_by : 0;
}

}  // namespace fulmar
