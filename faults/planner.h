// The planner: which faults a life meets. Which kinds there are at all is chosen first (swarm testing, Groce et al.
// 2012), so that lives differ in kind and not only in timing; then each kind draws its faults from a stream of its own,
// so that one fault more or less leaves all others as they are.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "faults/fault.h"
#include "runtime/base/random.h"

namespace fulmar {

// How often a kind comes, how long a fault of it lasts, and how strong it is.
struct FaultShape {
  const FaultKind* kind;
  std::uint64_t chosen_percent;  // of lives that have this kind at all
  int times_max;
  std::int64_t duration_ms_min, duration_ms_max;
  std::int64_t amount_min, amount_max;
};

struct FaultWindow {
  Instant begin;
  Instant end;  // no fault lasts beyond
  NodeCounts nodes;
  // How many servers' disks may lose what they had promised to keep, in all the time: a minority of all replicas of
  // anything.
  std::size_t victims_max = 0;
};

std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window, std::span<const FaultShape> shapes);

// The servers whose disks lose something they had promised to keep, by these faults. What a majority of replicas has
// kept is safe as long as these are fewer.
std::set<std::size_t> victims(const std::vector<Fault>& faults);

}  // namespace fulmar
