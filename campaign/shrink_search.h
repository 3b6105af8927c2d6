// The search of shrinking: plays the plans that moves make of the best plan so far, several at once, and goes on from
// the first of them that fails with the signature.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "campaign/shrink_moves.h"
#include "campaign/signature.h"
#include "campaign/worker.h"

namespace fulmar {

struct ShrinkLimits {
  double seconds_max = 0;
  std::uint64_t plays_max = 0;  // 0: no limit
  WorkerLimits workers = {};
};

class ShrinkSearch {
 public:
  struct Best {
    Plan plan;
    std::uint64_t events = 0;
    Duration simulated{0};
    Instant violation = Instant::max();
  };

  // `best` fails with the signature. `on_better` is called when there is a better one, `on_idle` a few times a second.
  ShrinkSearch(const Scenario& scenario, Signature signature, Best best, const ShrinkLimits& limits);

  std::function<void(const std::string& what)> on_better = [](const std::string&) {};
  std::function<void()> on_idle = [] {};

  // Tries the moves in order, each on the best plan there is by then, with so many random streams for each plan: its
  // own and neighbours. Returns whether one of them failed.
  bool try_moves(const Moves& moves, int streams);
  // What makes lives much shorter, in large parts only, over and over, until none of it fails.
  void try_large_parts(int streams);
  // All kinds of moves, over and over, until none of them fails.
  void try_everything(int streams);

  const Best& best() const { return best_; }
  // Goes on from another plan that fails with the signature.
  void go_on_from(Best better) { best_ = std::move(better); }
  // Counted as one process would play them: what several play ahead and turns out to be in vain does not count.
  std::uint64_t plays() const { return plays_; }
  double seconds() const;
  bool out_of_time() const;
  // SIGINT or SIGTERM, which ends the search; 0: none.
  int interrupted_by() const;

 private:
  struct Candidate {
    std::size_t move = 0;
    bool must_not_grow = false;
    Plan plan;
    std::string key;
    bool ended = false;
    bool failed = false;
    Best outcome = {};
  };
  enum class Known : std::uint8_t { counted, played_ahead };

  // An earlier end, fewer faults, simplest settings. Returns whether one of them failed.
  bool make_smaller(Grain grain, int streams);
  // The first of the moves from `from` on that fails; none: moves.size().
  std::size_t first_that_fails(const Moves& moves, std::size_t from, int streams);
  void judge(Candidate& candidate, const PlayedLife& played) const;

  const Scenario& scenario_;
  const Signature signature_;
  Best best_;
  const ShrinkLimits limits_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::map<std::string, Known> passed_;  // the plans that did not fail
  std::uint64_t plays_ = 0;
  int interrupted_by_ = 0;
};

}  // namespace fulmar
