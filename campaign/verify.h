// verify: in what share of a life's neighbours a failure occurs. A neighbour has the same plan and other random
// streams. One replay that is clean says nothing about a fix: the life may have missed the bug by a hair.
#pragma once

#include <functional>
#include <string_view>

#include "campaign/capsule.h"
#include "campaign/failing_share.h"

namespace fulmar {

// The n-th neighbour, n > 0. A plan with branches has others, which part from its life at the first branch.
Plan neighbour_of(const Plan& plan, std::uint64_t n);

// How many of the plan's first neighbours fail with the signature; of fewer, if it is interrupted or `go_on` says no.
FailingShare failing_neighbours(const Scenario& scenario, const Plan& plan, const Signature& signature,
                                std::uint64_t futures, const WorkerLimits& limits, const std::function<bool()>& go_on);

struct VerifyOptions {
  std::string_view program;
  int futures = 0;  // neighbours
  WorkerLimits limits = {};
};

// Plays the life and its neighbours, and prints how many fail with the capsule's signature, how many otherwise, and
// what that says. Exit codes: 0 no life violated anything; 1 one did; 128 plus the signal: interrupted, and none did.
int verify(const PlayFile& file, const VerifyOptions& options);

}  // namespace fulmar
