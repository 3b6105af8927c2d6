// Data directories of the previous release: their hard state files have no log terms (docs/raft.md). A broker refuses
// to start with one; `fulmar log upgrade` converts it, irreversibly.
#pragma once

#include <cstddef>

#include "runtime/base/result.h"
#include "runtime/host/host.h"

namespace fulmar {

// Converts the hard state files in the host's data directory, which no broker may be using; returns the number of
// groups. On failure the old files stay. Errors: corrupt, if they are damaged; io_error, no_space.
Result<std::size_t> upgrade_states(Host& host);

}  // namespace fulmar
