// Classic members of a consumer group (KIP-848, online migration): JoinGroup, SyncGroup and Heartbeat in terms of the
// group's epochs. A member's generation is its member epoch. No member is the leader, since the coordinator assigns. A
// classic member reports its partitions when it joins, and is told to join again (REBALANCE_IN_PROGRESS) whenever it
// would get or lose partitions by that.
#include <algorithm>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "broker/protocol/messages/consumer_protocol.h"

namespace fulmar {

namespace {

// From this version on a new dynamic member is first given an id, and then joins with it (KIP-394).
constexpr std::int16_t member_id_required_since = 4;
// A member's subscription is stored in one record.
constexpr std::size_t member_bytes_max = std::size_t{768} << 10;

using Protocols = std::vector<ConsumerGroupClassicMember::Protocol>;

std::size_t bytes_of(const JoinGroupRequest& request) {
  std::size_t bytes = 0;
  for (const auto& protocol : request.protocols) bytes += protocol.name.size() + protocol.metadata.size();
  return bytes;
}

bool has_protocol(const Protocols& protocols, const std::string& name) {
  return std::ranges::find(protocols, name, &ConsumerGroupClassicMember::Protocol::name) != protocols.end();
}

// Whether one of these protocols is supported by all other classic members.
bool has_common_protocol(const ConsumerGroup& group, const std::string& joins, const JoinProtocols& protocols) {
  return std::ranges::any_of(protocols, [&](const auto& protocol) {
    return std::ranges::all_of(group.members(), [&](const auto& entry) {
      const auto& classic = entry.second.classic_member_metadata;
      return entry.first == joins || !classic || has_protocol(classic->supported_protocols, protocol.name);
    });
  });
}

GroupAnswer join_answer(GroupToken token, ErrorCode error, const std::string& member) {
  JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member;
  return {token, std::move(response)};
}

GroupAnswer sync_answer(GroupToken token, ErrorCode error) {
  SyncGroupResponse response;
  response.error_code = error;
  return {token, std::move(response)};
}

GroupAnswer heartbeat_answer(GroupToken token, ErrorCode error) {
  HeartbeatResponse response;
  response.error_code = error;
  return {token, response};
}

// The error if this is not a classic member, or another process has its instance id.
std::optional<ErrorCode> validate(const ConsumerGroup& group, const std::string& id,
                                  const std::optional<std::string>& instance_id) {
  if (instance_id) {
    const auto* holder = group.static_member(*instance_id);
    if (!holder) return ErrorCode::unknown_member_id;
    if (*holder != id) return ErrorCode::fenced_instance_id;
  }
  const auto* member = group.member(id);
  if (!member || !member->classic_member_metadata) return ErrorCode::unknown_member_id;
  return std::nullopt;
}

void subscribe_to(ConsumerMember& member, const ConsumerProtocolSubscription& subscription) {
  std::set<std::string> names(subscription.topics.begin(), subscription.topics.end());
  member.subscribed_topic_names.assign(names.begin(), names.end());
  if (subscription.rack_id) member.rack_id = subscription.rack_id;
}

}  // namespace

bool ConsumerGroups::awaits_rejoin(const ConsumerGroup& group, const std::string& id) const {
  const auto& current = group.current(id);
  if (current.epoch < group.epoch() || current.state == MemberState::unrevoked) return true;
  if (current.state == MemberState::stable) return false;
  auto next = reconcile(current, {group.target_epoch(), group.target(id)}, std::nullopt,
                        [&](const Uuid& topic, std::int32_t partition) {
                          const auto* owner = group.owner(topic, partition);
                          return owner && *owner != id;
                        });
  return next != current;
}

// A member that is told to join again has its rebalance timeout for that.
void ConsumerGroups::await_rejoin(Step& step, const std::string& id, CoordinatorTime now) {
  if (step.group.revocations.contains(id)) return;
  auto timeout = milliseconds(std::max(step.group.member(id)->rebalance_timeout_ms, 0));
  step.group.revocations[id] = {step.group.current(id).epoch, now.instant + timeout};
  coordinator_.timers_.set({step.shell.id(), GroupTimer::revocation, id}, now.instant + timeout);
}

void ConsumerGroups::join(GroupToken token, Group& group, const GroupClient& client, const JoinGroupRequest& request,
                          CoordinatorTime now) {
  auto refuse_join = [&](ErrorCode error, const std::string& member) {
    coordinator_.output_.answers.push_back(join_answer(token, error, member));
  };
  if (request.protocol_type != consumer_protocol_type || request.protocols.empty())
    return refuse_join(ErrorCode::inconsistent_group_protocol, request.member_id);
  if (bytes_of(request) > member_bytes_max) return refuse_join(ErrorCode::invalid_request, request.member_id);
  auto subscription = read_consumer_subscription(request.protocols.front().metadata);
  if (!subscription) return refuse_join(ErrorCode::inconsistent_group_protocol, request.member_id);
  std::string id = request.member_id;
  if (id.empty()) {
    id = new_member_id(request.group_instance_id.value_or(client.client_id), coordinator_.new_uuid_());
    if (!request.group_instance_id && client.api_version >= member_id_required_since)
      return refuse_join(ErrorCode::member_id_required, id);
  }
  ConsumerMember said;
  said.instance_id = request.group_instance_id;
  said.client_id = client.client_id;
  said.client_host = client.client_host;
  subscribe_to(said, *subscription);
  said.rebalance_timeout_ms =
      request.rebalance_timeout_ms < 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
  auto& classic = said.classic_member_metadata.emplace();
  classic.session_timeout_ms = request.session_timeout_ms;
  auto kept = request;
  kept.protocols = keep_protocols(request.protocols);
  for (const auto& protocol : kept.protocols) classic.supported_protocols.push_back({protocol.name, protocol.metadata});
  enqueue(group,
          {join_answer(token, ErrorCode::none, id),
           [this, token, id, kept, said = std::move(said), owned = by_id(subscription->owned_partitions)](
               Step& step, CoordinatorTime when) {
             if (auto error = admit_classic(step, id, kept, said, owned)) {
               step.answers.push_back(join_answer(token, *error, id));
               return;
             }
             store_member(step, id, said, when);
             // Its partitions count whatever generation it reports with them: it reports the generation of the last
             // answer that it received, which is older than its epoch here if a later answer was lost.
             reconcile_member(step, id, owned);
             step.group.revocations.erase(id);
             coordinator_.timers_.cancel({step.shell.id(), GroupTimer::revocation, id});
             await_revocation(step, id, when);
             restart_session(step.shell, id, when);
             JoinGroupResponse response;
             response.member_id = id;
             response.generation_id = step.group.current(id).epoch;
             response.protocol_type = consumer_protocol_type;
             response.protocol_name = kept.protocols.front().name;
             step.answers.push_back({token, std::move(response)});
           },
           [this, token, client, kept](CoordinatorTime when) { coordinator_.join(token, client, kept, when); }},
          now);
}

std::optional<ErrorCode> ConsumerGroups::admit_classic(Step& step, const std::string& id,
                                                       const JoinGroupRequest& request, const ConsumerMember& said,
                                                       const PartitionSets& owned) {
  auto& group = step.group;
  bool is_new = request.member_id.empty();
  const auto* holder = said.instance_id ? group.static_member(*said.instance_id) : nullptr;
  if (said.instance_id && !is_new && !holder) return ErrorCode::unknown_member_id;
  if (holder && !is_new && *holder != id) return ErrorCode::fenced_instance_id;
  if (!holder && !group.member(id) && group.members().size() >= coordinator_.settings_.consumer_group_size_max)
    return ErrorCode::group_max_size_reached;
  // It was a member before, and reports partitions that another member may have by now. Kafka lets it join; here it is
  // refused, so that it gives them up first.
  if (!holder && !group.member(id) && !owned.empty()) return ErrorCode::unknown_member_id;
  if (!has_common_protocol(group, holder ? *holder : id, request.protocols))
    return ErrorCode::inconsistent_group_protocol;
  if (holder && *holder != id) replace(step, std::string(*holder), id);
  return std::nullopt;
}

void ConsumerGroups::sync(GroupToken token, Group& group, const SyncGroupRequest& request, CoordinatorTime now) {
  auto act = [this, token, request](Step& step, CoordinatorTime when) {
    auto refuse_sync = [&](ErrorCode error) { step.answers.push_back(sync_answer(token, error)); };
    const auto& id = request.member_id;
    if (auto error = validate(step.group, id, request.group_instance_id)) return refuse_sync(*error);
    const auto& current = step.group.current(id);
    if (request.generation_id != current.epoch) return refuse_sync(ErrorCode::illegal_generation);
    const auto& protocols = step.group.member(id)->classic_member_metadata->supported_protocols;
    if (request.protocol_type.value_or(consumer_protocol_type) != consumer_protocol_type || protocols.empty() ||
        (request.protocol_name && *request.protocol_name != protocols.front().name))
      return refuse_sync(ErrorCode::inconsistent_group_protocol);
    // A member that is to give up partitions has joined again for that already, and learns from this answer which.
    if (current.epoch < step.group.epoch() && current.state != MemberState::unrevoked) {
      await_rejoin(step, id, when);
      return refuse_sync(ErrorCode::rebalance_in_progress);
    }
    restart_session(step.shell, id, when);
    ConsumerProtocolAssignment assignment;
    for (const auto& [topic, partitions] : current.assigned) {
      auto name = topics_ ? topics_->name_of(topic) : "";
      if (name.empty()) continue;  // it was deleted
      auto& told = assignment.assigned_partitions.emplace_back();
      told.topic = std::move(name);
      for (auto [partition, epoch] : partitions) told.partitions.push_back(partition);
    }
    SyncGroupResponse response;
    response.protocol_type = consumer_protocol_type;
    response.protocol_name = protocols.front().name;
    response.assignment = write_consumer_assignment(assignment, ConsumerProtocolAssignment::schema.min);
    step.answers.push_back({token, std::move(response)});
  };
  enqueue(group,
          {sync_answer(token, ErrorCode::none), std::move(act),
           [this, token, request](CoordinatorTime when) { coordinator_.sync(token, request, when); }},
          now);
}

void ConsumerGroups::heartbeat(GroupToken token, Group& group, const HeartbeatRequest& request, CoordinatorTime now) {
  auto act = [this, token, request](Step& step, CoordinatorTime when) {
    auto say = [&](ErrorCode error) { step.answers.push_back(heartbeat_answer(token, error)); };
    const auto& id = request.member_id;
    if (auto error = validate(step.group, id, request.group_instance_id)) return say(*error);
    if (request.generation_id != step.group.current(id).epoch) return say(ErrorCode::illegal_generation);
    restart_session(step.shell, id, when);
    if (!awaits_rejoin(step.group, id)) return say(ErrorCode::none);
    await_rejoin(step, id, when);
    say(ErrorCode::rebalance_in_progress);
  };
  enqueue(group,
          {heartbeat_answer(token, ErrorCode::none), std::move(act),
           [this, token, request](CoordinatorTime when) { coordinator_.heartbeat(token, request, when); }},
          now);
}

}  // namespace fulmar
