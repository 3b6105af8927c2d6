// What a simulator exits with. Interrupted campaigns: 128 and the signal, after their summary, as shells have it.
#pragma once

namespace fulmar {

constexpr int exit_violation = 1;
constexpr int exit_usage = 2;  // also of files that can't be used: nothing has been played
constexpr int exit_nondeterminism = 3;
constexpr int exit_unwritten = 4;  // what was found could not all be written down
constexpr int exit_by_signal = 128;

}  // namespace fulmar
