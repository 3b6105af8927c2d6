// `fulmar-sim serve`, and what `fulmar-sim replay` does with its recordings.
#pragma once

#include <optional>
#include <string>

#include "campaign/commands/command.h"

namespace fulmar {

namespace commands {
extern const Command serve;
}

// Plays a recording of `serve` again, and compares the trace hash with the recorded one; with `trace`, prints every
// event. Returns the exit code; nullopt: the file is no recording.
std::optional<int> replay_recording(const std::string& path, bool trace);

}  // namespace fulmar
