// How a failing life goes, as reports keep it: it is played in a process of its own, and what happens in it is read
// while it plays, so that a crash leaves what was before.
#pragma once

#include <expected>

#include "campaign/capsule.h"
#include "reports/recording.h"

namespace fulmar {

// Happenings of a life that a recording has at most: nine of ten are the last ones until the violation, as far as there
// are so many; the others are the first ones after it.
constexpr std::size_t happenings_kept_max = 100'000;

// Plays the life twice: once for the capsule. `wanted`: the signature of the capsule, see record_capsule(). `notes`:
// for the capsule. The error: the signal (SIGINT, SIGTERM) that interrupted it.
std::expected<Recording, int> record_life(const Scenario& scenario, const Plan& plan, const WorkerLimits& limits,
                                          Instant violation, const std::optional<Signature>& wanted,
                                          std::vector<std::string> notes = {},
                                          std::size_t kept_max = happenings_kept_max);

// As reports have it. `nodes`: the names of the machines, by number.
ReportedHappening reported(const Happening& happening, const std::vector<std::string>& nodes);

}  // namespace fulmar
