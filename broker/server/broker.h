// The broker as a whole, except for parsing the command line. The same function is run in production and in the
// simulator.
#pragma once

#include <functional>

#include "broker/server/config/broker_config.h"
#include "runtime/host/host.h"

namespace fulmar {

class BrokerObserver;

// Serves until the process is asked to stop, then stops in order. `ready`, if given, is called once with the address of
// the client listener. Errors: why it could not start or go on, for people: for example a data directory that is in use
// or another node's, or a port in use. `observer`, for checkers, outlives the call.
Result<void> run_broker(Host& host, const BrokerConfig& config,
                        const std::function<void(const SocketAddress&)>& ready = {},
                        BrokerObserver* observer = nullptr);

}  // namespace fulmar
