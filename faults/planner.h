// The planner: which faults a life meets. Which kinds there are at all is chosen first (swarm testing, Groce et al.
// 2012), so that lives differ in kind and not only in timing; then each kind draws its faults from a stream of its own,
// so that one fault more or less leaves all others as they are.
#pragma once

#include <initializer_list>
#include <set>
#include <span>
#include <vector>

#include "faults/plan.h"
#include "runtime/base/random.h"

namespace fulmar {

// How often a kind comes, how long a fault of it lasts, and how strong it is.
struct FaultShape {
  FaultKind kind;
  std::uint64_t chosen_percent;  // of lives that have this kind at all
  int times_max;
  std::int64_t duration_ms_min, duration_ms_max;
  std::int64_t amount_min, amount_max;
};

// What may happen to one broker and its clients.
std::span<const FaultShape> single_broker_faults();
// To brokers that replicate: the same, and partitions of all shapes, a little of each.
std::span<const FaultShape> cluster_faults();
// Mostly networks that come apart.
std::span<const FaultShape> partition_faults();
// Mostly disks: also ones that lose what they had.
std::span<const FaultShape> disk_faults();

// Mostly brokers that go and come back, with what they had or without.
std::span<const FaultShape> churn_faults();

struct FaultWindow {
  Instant begin;
  Instant end;              // no fault lasts beyond
  std::size_t brokers = 1;  // nodes 0 .. brokers - 1; the rest are clients
  std::size_t nodes = 2;
  // How many brokers' disks may lose what they had promised to keep, in all the time: a minority of every partition's
  // replicas.
  std::size_t victims_max = 0;
};

std::vector<Fault> plan_faults(const Random& random, const FaultWindow& window, std::span<const FaultShape> shapes);

bool has_fault(const std::vector<Fault>& faults, std::initializer_list<FaultKind> kinds);

// The brokers whose disks lose something they had promised to keep, by these faults. What a majority of a partition's
// replicas has kept is safe as long as these are fewer.
std::set<std::size_t> victims(const std::vector<Fault>& faults);

}  // namespace fulmar
