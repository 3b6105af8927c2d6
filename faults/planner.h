// The planner: chooses a life's faults. First it chooses which kinds there are at all (swarm testing, Groce et al.
// 2012), so that lives differ in kind and not only in timing, unless it is asked for every kind; then each kind draws
// its faults from its own stream, so that adding or removing a fault does not change the others.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "faults/fault.h"
#include "runtime/base/random.h"

namespace fulmar {

struct FaultWindow;

// How often a kind occurs, how long its faults last, and how strong they are.
struct FaultShape {
  const FaultKind* kind;
  std::uint64_t chosen_percent;  // of lives that have this kind at all
  int times_max;
  std::int64_t duration_ms_min, duration_ms_max;
  std::int64_t amount_min, amount_max;
  // Changes a fault once it is drawn, if set, for kinds whose times, targets and amounts are chosen in another way.
  // `random` is the fault's own stream. The fault has to stay within the window.
  void (*draw)(Random& random, const FaultWindow& window, Fault& fault) = nullptr;
};

// Which kinds of fault a plan has.
enum class FaultDraw : std::uint8_t {
  swarm,       // some kinds: the plan chooses each, or not, and then has faults of it
  every_kind,  // each fault that a kind may have is chosen by itself; there are as many faults of each kind on average
};

struct FaultWindow {
  Instant begin;
  Instant end;  // no fault lasts beyond
  NodeCounts nodes;
  // The number of servers whose disks may lose data that they acknowledged, during the whole life: a minority of all
  // replicas of anything.
  std::size_t victims_max = 0;
};

// The faults of a life, by time; they may overlap.
std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window, std::span<const FaultShape> shapes,
                               FaultDraw draw = FaultDraw::swarm);

// The servers whose disks lose data that they acknowledged, by these faults. Data acknowledged by a majority of
// replicas is safe as long as they are a minority.
std::set<std::size_t> victims(const std::vector<Fault>& faults);

}  // namespace fulmar
