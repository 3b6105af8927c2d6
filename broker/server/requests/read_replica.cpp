#include "broker/server/requests/read_replica.h"

#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

std::int32_t preferred_read_replica(BrokerShard& shard, const Replica& replica, const std::string& rack,
                                    Offset fetch_offset) {
  if (!shard.config().rack_aware_reads || rack.empty() || shard.config().rack == rack) return -1;
  if (fetch_offset < replica.log().log_start()) return -1;
  std::int32_t best = -1;
  Offset most = fetch_offset - 1;
  for (const auto& id : replica.raft().in_sync(shard.host().clock().now())) {
    auto broker = shard.image()->brokers.find(id.broker);
    bool near = broker != shard.image()->brokers.end() && !broker->second.fenced && broker->second.rack == rack;
    if (!near || replica.raft().match_of(id) <= most) continue;
    best = id.broker;
    most = replica.raft().match_of(id);
  }
  return best;
}

}  // namespace fulmar
