// Turns: which life a campaign plays next. Its scenarios take turns so that each gets its share of the time, however
// long its lives are; each plays the seeds of the campaign's range in order, those of one shard only, if it has
// several. In a guided campaign, lives that explorer.h chooses take the turns of some of the seeds.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "campaign/explorer.h"
#include "campaign/plan_choice.h"
#include "campaign/worker.h"
#include "reports/life_report.h"

namespace fulmar {

constexpr std::uint64_t seed_max = std::numeric_limits<std::int64_t>::max();  // of campaigns

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = seed_max;  // seed_max: without end; not below `first`, nor above seed_max
};

// One of `of` campaigns that share the work: it plays every of-th seed.
struct Shard {
  std::uint64_t number = 1;  // from 1
  std::uint64_t of = 1;
};

class Turns {
 public:
  // `played`: of an earlier part of the campaign, by the scenario's name; these seeds are not played again.
  Turns(const std::vector<const Scenario*>& scenarios, SeedRange seeds, Shard shard, PlanChoice choice,
        const std::map<std::string, PlayedSeeds>& played = {}, bool guided = false);

  // The next life; nullopt at the end of the seeds, and in a guided campaign also while it depends on lives that are
  // under way. Seeds whose plans can't be played, with what was chosen, are passed over.
  std::optional<LifeOrder> next();
  // Whether all seeds have had their turns.
  bool at_end() const;
  // A life from next() has ended.
  void ended(const PlayedLife& life);

  // How many lives there are in all; nullopt: without end.
  std::optional<double> lives() const;
  // The scenarios with seeds that were passed over, how many, and why the first one was.
  struct Passed {
    std::string scenario;
    std::uint64_t seeds = 0;
    std::string why;
  };
  std::vector<Passed> passed_over() const;

 private:
  struct Lane {
    const Scenario* scenario;
    PlayedSeeds played;
    std::optional<std::uint64_t> next;  // nullopt: at its end
    double seconds = 0;                 // of lives that have ended
    std::uint64_t ended = 0;
    std::uint64_t under_way = 0;
    std::uint64_t passed = 0;
    std::string why;
    std::optional<Explorer> explorer;  // of a guided campaign
  };
  std::uint64_t number_of(std::uint64_t seed) const;
  std::optional<std::uint64_t> after(std::uint64_t seed) const;
  std::optional<LifeOrder> next_of(Lane& lane);
  double seconds_with_those_under_way(const Lane& lane) const;

  SeedRange seeds_;
  Shard shard_;
  PlanChoice choice_;
  std::vector<Lane> lanes_;
};

}  // namespace fulmar
