// The address that a listener of the broker binds to.
#pragma once

#include "runtime/base/result.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

// Resolves the configured address to a numeric one. Errors: as numeric_address(), after some seconds at most; closed,
// at once, if the broker is asked to stop, even if the resolver hangs.
Result<SocketAddress> listen_address(Host& host, const SocketAddress& configured);

}  // namespace fulmar
