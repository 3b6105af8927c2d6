// Cone: what could have mattered to a violation. The violation's roots are the machines that its text names and the
// clients whose operations ended at its time. If there are none, or if it was seen only later than these operations,
// they are all machines. From the roots at the moment when the violation was seen, the cone goes back along the order
// of each shard and the messages, disks and faults between them (causal_clocks.h says what is sound).
//
// A machine that is silent can matter as well: one that dies, stands still or is cut off, whose messages others would
// have got. Such happenings of machines that a machine in the cone ever heard from are told as silence, without their
// pasts. Everything else can't have mattered: the life with all of that left out would have the same violation. Faults
// are taken as given by the plan, though a few kinds wait for something in the life.
//
// The life is played twice, in processes of its own; memory is bounded by the lines asked for and by the messages under
// way. The same plan and code give the same cone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "campaign/causal_clocks.h"
#include "campaign/scenario.h"

namespace fulmar {

struct ConeOptions {
  int lines = 60;  // of the account
  double life_seconds_max = 0;
};

struct Cone {
  Instant seen;                    // when the violation was; the life's end if that is not known
  std::vector<std::string> roots;  // the names of machines; empty: all of them
  CausalCut cut;
  std::uint64_t inside = 0, outside = 0;  // the happenings until then
  std::vector<std::string> account;       // what is inside, and silence, in order
  std::vector<std::string> left_out;      // what could not have mattered: of each machine, from when; and which faults
};

Cone find_cone(const Scenario& scenario, const Plan& plan, const Violation& violation, const ConeOptions& options);

// As lines of text.
std::string describe(const Cone& cone);

}  // namespace fulmar
