// Totals: what the lives of one or several campaigns add up to. The summaries are made from it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "reports/life_report.h"

namespace fulmar {

struct ScenarioTotals {
  std::uint64_t lives = 0;
  std::uint64_t failed = 0;
  std::uint64_t played_twice = 0;
  std::uint64_t events = 0;
  double simulated_seconds = 0;
  double wall_seconds = 0;  // of all lives, whichever ran at once
  std::map<std::string, std::uint64_t> operations;
  std::map<std::string, std::uint64_t> marks;           // 0: expected, and not reached
  std::map<std::string, std::uint64_t> lives_of_marks;  // how many lives have reached each
  std::set<std::uint64_t> failed_seeds;                 // the lowest ones

  static constexpr std::size_t failed_seeds_max = 20;

  std::size_t marks_reached() const;
};

// All failing lives that have one signature, and the shortest of them: the one with the fewest events.
struct Finding {
  std::string signature;
  std::uint64_t lives = 0;
  std::string scenario;
  std::uint64_t seed = 0;
  std::uint64_t events = 0;  // 0: unknown, which is longer than any
  std::string description;
  std::string replay;
};

// A life that was another life the second time.
struct Nondeterminism {
  std::string scenario;
  std::uint64_t seed = 0;
  std::string difference;
};

struct Totals {
  std::map<std::string, ScenarioTotals> scenarios;  // by name
  std::map<std::string, Finding> findings;          // by signature
  std::vector<Nondeterminism> differing;
  // The names of all marks of the code (runtime/base/mark.h) in the program whose lives these are, in order. Lives tell
  // only of those that they have reached.
  std::vector<std::string> code_marks;

  void add(const LifeReport& life);
  ScenarioTotals sum() const;
  // How many marks there are: those that lives of the scenario tell of, and all of the code.
  std::size_t marks_known(const ScenarioTotals& of) const;
  // The findings, those of the most lives first.
  std::vector<const Finding*> by_lives() const;
};

// Whether a life of `events` is shorter than another; 0 is unknown.
bool is_shorter(std::uint64_t events, std::uint64_t than);

}  // namespace fulmar
