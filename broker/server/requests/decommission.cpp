// UnregisterBroker: decommissions a broker. Its replicas are moved to other brokers first; when it has none, and no
// vote, the controller unregisters it (see Controller).
#include "broker/cluster/reassignment.h"
#include "broker/protocol/messages/unregister_broker.h"
#include "broker/server/controller/assignment.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"

namespace fulmar {

namespace {

// The partition's target replicas with another broker in place of the leaving one; nullopt if no broker can take it.
std::optional<std::vector<ReplicaId>> without_broker(const MetadataImage& image, const PartitionImage& partition,
                                                     std::int32_t leaving, std::vector<Candidate>& candidates) {
  auto wanted = replicas_wanted(partition);
  std::vector<std::int32_t> others;
  for (const auto& id : wanted)
    if (id.broker != leaving) others.push_back(id.broker);
  auto heir = place_one(candidates, others);
  if (!heir) return std::nullopt;
  for (auto& id : wanted)
    if (id.broker == leaving) id = {*heir, image.brokers.at(*heir).directory};
  return wanted;
}

void plan_leaving(Draft& draft, std::int32_t leaving, UnregisterBrokerResponse& response) {
  auto refuse = [&](ErrorCode code, std::string message) {
    response.error_code = code;
    response.error_message = std::move(message);
  };
  if (!draft.controls()) return refuse(ErrorCode::not_controller, no_controller_message);
  auto known = draft.image.brokers.find(leaving);
  if (known == draft.image.brokers.end())
    return refuse(ErrorCode::broker_id_not_registered, "There is no broker " + std::to_string(leaving) + ".");
  if (known->second.leaving) return;  // already being decommissioned
  auto broker = known->second;
  broker.leaving = true;
  draft.add(BrokerRecord{leaving, std::move(broker)});
  auto candidates = listed(placement_candidates(draft.image));
  if (candidates.empty()) return refuse(ErrorCode::invalid_request, "It is the only broker that is alive.");
  auto image = draft.image;  // the draft changes
  for (const auto& [name, topic] : image.topics) {
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      const auto& partition = topic.partitions[static_cast<std::size_t>(index)];
      auto wanted = replicas_wanted(partition);
      auto is_leaving = [&](const ReplicaId& id) { return id.broker == leaving; };
      if (std::none_of(wanted.begin(), wanted.end(), is_leaving)) continue;
      auto instead = without_broker(image, partition, leaving, candidates);
      if (!instead)
        return refuse(ErrorCode::invalid_replication_factor,
                      "No other broker can take a replica of " + name + "-" + std::to_string(index) + ", which has " +
                          std::to_string(wanted.size()) + ": too few are alive.");
      draft.add(PartitionRecord{topic.id, index, reassigned(partition, std::move(*instead))});
    }
  }
}

}  // namespace

Result<ByteChain> handle_unregister_broker(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<UnregisterBrokerRequest>());
  UnregisterBrokerResponse response;
  change_metadata(shard, [&](Draft& draft) {
    plan_leaving(draft, request.broker_id, response);
    if (response.error_code != ErrorCode::none) return;
    response.error_code = draft.commit();
    if (response.error_code == ErrorCode::none)
      draft.shard.log().info("broker leaves", {{"broker", request.broker_id}});
  });
  return call.answer(response);
}

}  // namespace fulmar
