// The address that a listener of the broker binds to.
#pragma once

#include "runtime/base/result.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

// By its configuration, where it may have a name, the numeric one. Errors: as numeric_address(), after some seconds at
// most; closed, at once, if the broker is asked to stop: it does not wait for a resolver that hangs.
Result<SocketAddress> listen_address(Host& host, const SocketAddress& configured);

}  // namespace fulmar
