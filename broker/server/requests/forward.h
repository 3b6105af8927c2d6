// Finding the controller through peers, and forwarding requests to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;
struct Session;

struct PeersWord {
  std::optional<std::int32_t> controller;
  std::size_t strangers = 0;  // peers in another cluster
  std::string their_cluster;
};

// Asks the controllers: a broker that is not a member of the metadata group, yet or any more, does not know its leader
// otherwise.
PeersWord ask_peers(BrokerShard& shard);

// Forwards a request, a frame without its size, to the controller, wherever it is. `client`: whose request it is; null:
// this broker's own, which may do everything. When this returns this broker has applied the changes, unless `patience`,
// the client's timeout, passed first. Errors: unreachable: there is no controller; refused: it is not the controller
// any more; in_doubt: the response is lost; else as greet(), and nothing was sent.
Result<ByteChain> forward_to_controller(BrokerShard& shard, const Bytes& frame, const Session* client,
                                        Duration patience);

}  // namespace fulmar
