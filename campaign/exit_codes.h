// The exit codes of a simulator. Interrupted campaigns exit with 128 plus the signal, as in shells, after their
// summary.
#pragma once

namespace fulmar {

constexpr int exit_violation = 1;  // or, of a campaign: a mark that it requires was not reached
constexpr int exit_usage = 2;      // also if files can't be used: no life was played
constexpr int exit_nondeterminism = 3;
constexpr int exit_unwritten = 4;  // the results could not all be written
constexpr int exit_by_signal = 128;

}  // namespace fulmar
