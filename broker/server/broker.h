// The broker as a whole: everything below the parsing of a command line. The same function is main in production and in
// the simulator.
#pragma once

#include <functional>

#include "broker/server/config/broker_config.h"
#include "runtime/host/host.h"

namespace fulmar {

class BrokerObserver;

// Serves until the process is asked to stop, then stops in order. `ready`, if given, is called once with the address
// that is listened at. Errors: what kept it from starting, for people: a data directory in use or of another node, a
// port taken. `observer`, for checkers, outlives the call.
Result<void> run_broker(Host& host, const BrokerConfig& config,
                        const std::function<void(const SocketAddress&)>& ready = {},
                        BrokerObserver* observer = nullptr);

}  // namespace fulmar
