// What a broker asks its peers about the controller, and has the controller answer.
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

struct PeersWord {
  std::optional<std::int32_t> controller;
  std::size_t strangers = 0;  // who are of another cluster
  std::string their_cluster;
};

// What the controllers say: who is no part of the metadata's group, yet or any more, hears of its leader only so.
PeersWord ask_peers(BrokerShard& shard);

// A client's request, frame without size, answered by the controller, wherever that is; here its changes are known when
// this returns, or it is not waited for that beyond `patience` in all, what the client gives it. Errors: unreachable,
// while there is no controller; refused: it is none any more; in_doubt: the answer is lost; else as greet(), and
// nothing was asked.
Result<ByteChain> forward_to_controller(BrokerShard& shard, const Bytes& frame, Duration patience);

}  // namespace fulmar
