// Counts: what fixed pieces of work cost in a simulated world: messages, syncs, steps and so on. They are the same on
// every machine and in every build, so that a change that makes the program do more for the same work shows without a
// clock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fulmar {

struct CountedWork {
  std::uint64_t units = 0;                                    // that were done; 0: the work came to no end
  std::vector<std::pair<std::string, std::uint64_t>> totals;  // by what is counted
};

struct CountedLoad {
  std::string_view name;
  std::string_view unit;  // "record"
  std::string_view description;
  CountedWork (*play)();  // the same result each time
};

struct CountOptions {
  std::string_view program;
  bool as_json = false;
  // A file that an earlier count printed as JSON; empty: none. What is now more than 1 % above it fails.
  std::string bounds_file = {};
};

// Plays the loads and prints the totals, and each per unit. Exit codes: 0; 1 a load came to no end, or a total is above
// its bound; 2 the file can't be read, or is not of these loads.
int print_counts(std::span<const CountedLoad* const> loads, const CountOptions& options);

}  // namespace fulmar
