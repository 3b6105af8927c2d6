// The broker as a whole, except for parsing the command line. The same function is run in production and in the
// simulator.
#pragma once

#include <cstddef>
#include <functional>

#include "broker/server/config/broker_config.h"
#include "runtime/host/host.h"

namespace fulmar {

class BrokerObserver;

// What a broker tells of its start and its end; any may be empty. Called on shard 0, and must not wait.
struct BrokerNews {
  // It is not in its cluster yet: in a new one, all controllers have to run.
  std::function<void()> joining = {};
  // So many of its partitions are open, and so many are not yet; again and again until all are, also after `ready`.
  // Until a partition is open, its requests are answered NOT_LEADER_OR_FOLLOWER.
  std::function<void(std::size_t open, std::size_t not_open)> opening = {};
  // Once: it serves clients, at this address.
  std::function<void(const SocketAddress& listening)> ready = {};
  // It was asked to stop, or can't go on.
  std::function<void()> stopping = {};
};

// Serves until the process is asked to stop, then stops in order. Errors: why it could not start or go on, for people:
// for example a data directory that is in use or another node's, or a port in use. `observer`, for checkers, outlives
// the call.
Result<void> run_broker(Host& host, const BrokerConfig& config, const BrokerNews& news = {},
                        BrokerObserver* observer = nullptr);

}  // namespace fulmar
