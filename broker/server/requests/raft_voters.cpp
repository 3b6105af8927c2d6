// AddRaftVoter, RemoveRaftVoter: adds brokers to the controllers, or removes them (KIP-853). The change is committed to
// the metadata first; then the controller has the group change its voters (see Controller).
#include "broker/protocol/messages/raft_voters.h"

#include <algorithm>

#include "broker/server/controller/draft.h"
#include "broker/server/controller/voters.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// Less than the time that a broker which forwards the request waits for the response.
constexpr Duration patience_max = seconds(8);
constexpr Duration look_interval = milliseconds(20);

struct Change {
  std::optional<std::string> cluster_id;
  ReplicaId voter;
  bool adds = false;
  bool waits = true;  // until the group has changed
  Duration patience = patience_max;
};

VoterRefusal check(const Draft& draft, const Change& change) {
  if (!draft.controls()) return {ErrorCode::not_controller, no_controller_message};
  if (change.cluster_id && *change.cluster_id != draft.image.cluster_id)
    return {
        ErrorCode::inconsistent_cluster_id,
        "The given id \"" + *change.cluster_id + "\" doesn't match the cluster id \"" + draft.image.cluster_id + "\""};
  if (change.voter.broker < 0 || change.voter.directory == Uuid{})
    return {ErrorCode::invalid_request,
            std::string(change.adds ? "Add" : "Remove") + " voter request didn't include a valid voter"};
  auto now = metadata_voters(*draft.shard.broker().metadata);
  return change.adds ? may_add_voter(draft.image, now, change.voter) : may_remove_voter(now, change.voter);
}

// Whether the group has changed, as far as this broker knows, which committed the change as the controller of `epoch`.
bool is_done(const MetadataLog& metadata, const Change& change, Epoch epoch) {
  const auto& raft = metadata.replica().raft();
  const auto& configuration = raft.configuration();
  if (configuration.joint() || configuration.is_voter(change.voter) != change.adds) return false;
  // A leader that removed itself did so once that was settled; it learns the configuration from the next leader.
  return raft.configuration_settled() || (!change.adds && raft.configuration_mark().term > epoch);
}

VoterRefusal await(BrokerShard& shard, const Change& change, Epoch epoch) {
  auto& clock = shard.host().clock();
  auto give_up = clock.now() + change.patience;
  const auto& metadata = *shard.broker().metadata;
  while (!is_done(metadata, change, epoch)) {
    bool leads = metadata.replica().leads() && metadata.replica().leader_epoch() == epoch;
    bool led_itself_out = !change.adds && change.voter == shard.broker().self;
    if (!leads && !led_itself_out) return {ErrorCode::not_controller, "Another controller goes on with it."};
    if (clock.now() >= give_up) return {ErrorCode::request_timed_out, "The voters are to change, and have not yet."};
    clock.sleep_for(look_interval);
  }
  return {};
}

VoterRefusal make(BrokerShard& shard, const Change& change) {
  return shard.on(0, [&](BrokerShard& first) -> VoterRefusal {
    Epoch epoch = -1;
    auto begun = change_metadata(
        first,
        [&](Draft& draft) -> VoterRefusal {
          if (auto refusal = check(draft, change); refusal.error != ErrorCode::none) return refusal;
          epoch = draft.epoch;
          auto known = draft.image.controllers.find(change.voter.broker);
          if (known == draft.image.controllers.end() || known->second != change.adds)
            draft.add(ControllerRecord{change.voter.broker, change.adds});
          auto error = draft.commit();
          if (error != ErrorCode::none) return {error, not_made_message(error)};
          if (draft.made)
            first.log().info(change.adds ? "controller added" : "controller removed",
                             {{"broker", change.voter.broker}});
          return {};
        },
        not_at_all);
    if (begun.error != ErrorCode::none || !change.waits) return begun;
    return await(first, change, epoch);
  });
}

template <class Response>
Result<ByteChain> answer(const Request& call, VoterRefusal refusal) {
  Response response;
  response.error_code = refusal.error;
  if (refusal.error != ErrorCode::none) response.error_message = std::move(refusal.message);
  return call.answer(response);
}

}  // namespace

Result<ByteChain> handle_add_raft_voter(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AddRaftVoterRequest>());
  Duration patience = milliseconds(std::max(request.timeout_ms, 0));
  return answer<AddRaftVoterResponse>(call, make(shard, {.cluster_id = request.cluster_id,
                                                         .voter = {request.voter_id, request.voter_directory_id},
                                                         .adds = true,
                                                         .waits = request.ack_when_committed,
                                                         .patience = std::min(patience, patience_max)}));
}

Result<ByteChain> handle_remove_raft_voter(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<RemoveRaftVoterRequest>());
  return answer<RemoveRaftVoterResponse>(
      call, make(shard, {.cluster_id = request.cluster_id, .voter = {request.voter_id, request.voter_directory_id}}));
}

}  // namespace fulmar
