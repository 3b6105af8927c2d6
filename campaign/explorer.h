// Explorer: decides what a guided campaign plays of one scenario: fresh lives, and lives that follow what is rare.
//
// - At the first sighting of a mark of the code, and of a pair of rare marks in one life, the life forks: it is played
//   again with other random streams from that event on, a few times (Plan::branches).
// - A plan that reached a rare mark is bred: it is played with one change (breed.h), a few times.
//
// The budget: none of the first 2 * lag plays, and at most every second of all, is such a child; a sighting has so many
// forks, and a rare plan so many changes (the constants below). Of what waits, the child of the rarest mark is next, by
// how many plays have reached it until then; a mark that is not rare any more has no children.
//
// Plays are numbered from 0. What is played as number n depends on the results of the plays before n - lag + 1 only, so
// that `lag` of them can be under way at once, and the campaign is the same for any number of jobs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "campaign/breed.h"

namespace fulmar {

class Explorer {
 public:
  static constexpr std::uint64_t lag = 8;
  static constexpr std::uint64_t forks_of_a_mark = 3;
  static constexpr std::uint64_t forks_of_a_pair = 2;
  static constexpr std::uint64_t changes_of_a_plan = 3;

  // A life that is not a seed's own.
  struct Child {
    Plan plan;
    std::string origin;  // "play 12, from event 3456 on with other random streams: \"raft: split vote\""
  };

  // The scenario must outlive this.
  Explorer(const Scenario& scenario, PlanChoice choice, std::uint64_t campaign_seed);

  // Whether the results are there that the next play depends on.
  bool ready() const { return decided_ < complete_ + lag; }
  // Decides the next play: a child, or nullopt for a fresh life. To be called when ready().
  std::optional<Child> next();
  // The play has ended, or (`life` is nullptr) was not played. Any order.
  void ended(std::uint64_t number, const Plan& plan, const LifeResult* life);

 private:
  struct Result {
    Plan plan;
    std::map<std::string, std::uint64_t> sightings;
  };
  // What may still be played because of one mark.
  struct Interest {
    std::uint64_t play = 0;
    Plan plan;
    std::string mark;
    std::string other;                   // of a pair; empty: none
    std::optional<std::uint64_t> event;  // forks there; nullopt: is bred
    std::uint64_t left = 0;
  };
  void process(std::uint64_t number, Result result);
  bool is_rare(const std::string& mark) const;
  Interest* rarest();
  std::optional<Child> child_of(Interest& interest);

  const Scenario& scenario_;
  const PlanChoice choice_;
  const Random random_;
  std::uint64_t decided_ = 0;
  std::uint64_t complete_ = 0;   // so many plays have ended, without a gap
  std::uint64_t processed_ = 0;  // never more than the next play may depend on
  std::uint64_t children_ = 0;
  std::map<std::uint64_t, std::optional<Result>> ended_;  // not processed yet
  std::map<std::string, std::uint64_t> reached_by_;       // how many plays have reached each mark
  std::set<std::pair<std::string, std::string>> pairs_;   // of rare marks, that were reached in one life
  std::deque<Interest> interests_;
};

}  // namespace fulmar
