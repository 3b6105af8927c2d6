// LiveSession: drives a session of `serve` by real time, with real clients, and records what comes from outside.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/serve/outside/sockets.h"
#include "scenarios/serve/session.h"

namespace fulmar {

struct LiveOptions {
  double speed = 1;            // seconds of virtual time per second
  std::ostream& recording;     // has the setup already
  std::string recording_file;  // its name
};

// Serves until SIGINT or SIGTERM comes, and returns the exit code: 0, or exit_unwritten if the recording can't be
// written. Prints what happens.
int serve_live(ServedSession& session, OutsideSockets& sockets, const LiveOptions& options);

// "[   12.345 s] "
std::string stamp(Instant at);

}  // namespace fulmar
