// Data directories of the release before: their files of terms and votes have no log terms (docs/raft.md). A broker
// does not start with such a one; `fulmar log upgrade` makes it one of this release, for good.
#pragma once

#include <cstddef>

#include "runtime/base/result.h"
#include "runtime/host/host.h"

namespace fulmar {

// Converts the files of terms and votes in the host's data directory, which no broker uses; how many groups' states
// that were. A failure leaves what was there. Errors: corrupt, where what is there is damaged; io_error, no_space.
Result<std::size_t> upgrade_states(Host& host);

}  // namespace fulmar
