// ConsumerGroupHeartbeat: members join, send their subscriptions and the partitions that they have, and receive their
// assignments (KIP-848).
#include <algorithm>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// From this version on the consumer itself chooses its member id (KIP-1082).
constexpr std::int16_t own_member_id_since = 1;
// A member's subscription is stored in one record.
constexpr std::size_t member_bytes_max = std::size_t{768} << 10;

bool is_empty(const std::optional<std::string>& text) {
  return text && text->empty();
}

std::optional<PartitionSets> sets_of(
    const std::optional<std::vector<ConsumerGroupHeartbeatRequest::TopicPartitions>>& topics) {
  if (!topics) return std::nullopt;
  PartitionSets sets;
  for (const auto& topic : *topics)
    for (auto partition : topic.partitions) sets[topic.topic_id].insert(partition);
  return sets;
}

// Whether the request contains everything about the member, so that the response has to contain the whole assignment.
bool is_full(const ConsumerGroupHeartbeatRequest& request) {
  return request.rebalance_timeout_ms != -1 && (request.subscribed_topic_names || request.subscribed_topic_regex) &&
         request.topic_partitions;
}

ConsumerGroupHeartbeatResponse::Assignment assignment_of(const CurrentAssignment& current) {
  ConsumerGroupHeartbeatResponse::Assignment assignment;
  for (const auto& [topic, partitions] : current.assigned) {
    auto& told = assignment.topic_partitions.emplace_back();
    told.topic_id = topic;
    for (auto [partition, epoch] : partitions) told.partitions.push_back(partition);
  }
  return assignment;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::size_t bytes_said(const ConsumerGroupHeartbeatRequest& request) {
  std::size_t bytes = request.instance_id.value_or("").size() + request.rack_id.value_or("").size() +
                      request.subscribed_topic_regex.value_or("").size();
  if (request.subscribed_topic_names)
    for (const auto& topic : *request.subscribed_topic_names) bytes += topic.size() + 3;
  return bytes;
}

}  // namespace

void ConsumerGroups::refuse(std::vector<GroupAnswer>& answers, GroupToken token, Refusal refusal) const {
  ConsumerGroupHeartbeatResponse response;
  response.error_code = refusal.error;
  if (!refusal.message.empty()) response.error_message = std::move(refusal.message);
  answers.push_back({token, std::move(response)});
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::invalid(const ConsumerGroupHeartbeatRequest& request,
                                                               const GroupClient& client) {
  auto bad = [](std::string why) { return Refusal{ErrorCode::invalid_request, std::move(why)}; };
  bool names_itself =
      client.api_version >= own_member_id_since || request.member_epoch > 0 || request.member_epoch == leaving_epoch;
  if (names_itself && request.member_id.empty()) return bad("MemberId can't be empty.");
  if (request.group_id.empty()) return bad("GroupId can't be empty.");
  if (is_empty(request.instance_id)) return bad("InstanceId can't be empty.");
  if (is_empty(request.rack_id)) return bad("RackId can't be empty.");
  if (request.member_epoch == joining_epoch) {
    if (request.rebalance_timeout_ms == -1) return bad("RebalanceTimeoutMs must be provided in first request.");
    if (!request.topic_partitions || !request.topic_partitions->empty())
      return bad("TopicPartitions must be empty when (re-)joining.");
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex)
      return bad("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  } else if (request.member_epoch == static_leaving_epoch) {
    if (!request.instance_id) return bad("InstanceId can't be null.");
  } else if (request.member_epoch < static_leaving_epoch) {
    return bad("MemberEpoch is " + std::to_string(request.member_epoch) + ", but must be greater than or equal to -2.");
  }
  const auto& known = coordinator_.settings_.consumer_assignors;
  if (request.server_assignor && std::ranges::find(known, *request.server_assignor) == known.end())
    return Refusal{ErrorCode::unsupported_assignor, "ServerAssignor " + *request.server_assignor +
                                                        " is not supported. Supported assignors: " + joined(known) +
                                                        "."};
  // Longer ids can't be stored.
  if (request.group_id.size() > record_string_max || request.member_id.size() > record_string_max)
    return bad("GroupId and MemberId can't be longer than " + std::to_string(record_string_max) + " bytes.");
  if (bytes_said(request) > member_bytes_max) return bad("A member can't be subscribed to so much.");
  if (request.subscribed_topic_regex && !request.subscribed_topic_regex->empty())
    if (auto compiled = TopicPattern::compile(*request.subscribed_topic_regex); !compiled)
      return Refusal{ErrorCode::invalid_regular_expression,
                     "SubscribedTopicRegex `" + *request.subscribed_topic_regex +
                         "` is not a valid regular expression: " + compiled.error().detail + "."};
  return std::nullopt;
}

void ConsumerGroups::heartbeat(GroupToken token, const GroupClient& client,
                               const ConsumerGroupHeartbeatRequest& request, CoordinatorTime now) {
  auto& answers = coordinator_.output_.answers;
  if (auto error = coordinator_.not_serving()) return refuse(answers, token, {*error, ""});
  if (auto bad = invalid(request, client)) return refuse(answers, token, std::move(*bad));
  if (coordinator_.backlogged()) return refuse(answers, token, {ErrorCode::coordinator_not_available, ""});
  Beat said{token, client.client_id, client.client_host, client.principal, request};
  if (said.request.member_id.empty()) said.request.member_id = to_string(coordinator_.new_uuid_());
  Group* group = group_for(said, now);
  if (!group) return;
  ConsumerGroupHeartbeatResponse otherwise;
  enqueue(*group,
          {GroupAnswer{token, std::move(otherwise)},
           [this, said](Step& step, CoordinatorTime when) { beat(step, said, when); },
           [this, token, client, request = said.request](CoordinatorTime when) {
             heartbeat(token, client, request, when);
           }},
          now);
}

// The group of the heartbeat, which becomes a consumer group if that is allowed; nullptr: the client was sent an error.
Group* ConsumerGroups::group_for(const Beat& beat, CoordinatorTime now) {
  const auto& id = beat.request.group_id;
  bool joins = beat.request.member_epoch == joining_epoch;
  Group* group = coordinator_.find(id);
  auto& answers = coordinator_.output_.answers;
  if (group && group->in(GroupState::dead)) {
    refuse(answers, beat.token, {ErrorCode::coordinator_not_available, ""});
    return nullptr;
  }
  if (group && group->consumer) return group;
  if (!joins) {
    refuse(answers, beat.token,
           {ErrorCode::group_id_not_found,
            group ? "Group " + id + " is not a consumer group." : "Consumer group " + id + " not found."});
    return nullptr;
  }
  if (group && (!group->in(GroupState::empty) || !group->pending_joins.empty())) {
    FULMAR_MARK("groups: upgrade asked for");
    if (auto refused = upgrade(*group, now)) {
      refuse(answers, beat.token, std::move(*refused));
      return nullptr;
    }
    return group;
  }
  if (!group) group = &coordinator_.groups_.emplace(id, Group(id, now.wall)).first->second;
  group->consumer = std::make_shared<ConsumerGroup>();
  return group;
}

std::optional<ConsumerGroups::Refusal> ConsumerGroups::admit(const Step& step, const Beat& beat) const {
  const auto& request = beat.request;
  const auto& group = step.group;
  const auto* member = group.member(request.member_id);
  bool joins = request.member_epoch == joining_epoch;
  if (!member && group.members().size() >= coordinator_.settings_.consumer_group_size_max) {
    // The new process of a static member takes its place.
    if (!joins || !request.instance_id || !group.static_member(*request.instance_id)) {
      FULMAR_MARK("groups: consumer group is full");
      return Refusal{ErrorCode::group_max_size_reached,
                     "The consumer group has reached its maximum capacity of " +
                         std::to_string(coordinator_.settings_.consumer_group_size_max) + " members."};
    }
  }
  if (request.instance_id) {
    const auto* holder = group.static_member(*request.instance_id);
    if (!holder && !joins)
      return Refusal{ErrorCode::unknown_member_id, "Instance id " + *request.instance_id + " is unknown."};
    if (holder && !joins && *holder != request.member_id) {
      FULMAR_MARK("groups: replaced consumer fenced");
      return Refusal{ErrorCode::fenced_instance_id, "Static member " + request.member_id + " with instance id " +
                                                        *request.instance_id + " was fenced by member " + *holder +
                                                        "."};
    }
    // The static member itself may join again; another process may join in its place only after the member has left
    // temporarily (epoch -2) or was removed. Classic members do not announce that they leave temporarily.
    if (holder && joins && *holder != request.member_id && group.current(*holder).epoch != static_leaving_epoch &&
        !group.member(*holder)->classic_member_metadata) {
      FULMAR_MARK("groups: instance id not released");
      return Refusal{ErrorCode::unreleased_instance_id, "Static member " + request.member_id + " with instance id " +
                                                            *request.instance_id + " was already used by member " +
                                                            *holder + "."};
    }
    // The id of a member that has no instance id, or another one.
    if (joins && !holder && member) return Refusal{ErrorCode::invalid_request, "MemberId is another member's already."};
  }
  if (joins) return std::nullopt;
  if (!member)
    return Refusal{ErrorCode::unknown_member_id,
                   "Member " + request.member_id + " is not a member of group " + request.group_id + "."};
  const auto& current = group.current(request.member_id);
  auto fenced = [&](const char* than) {
    return Refusal{ErrorCode::fenced_member_epoch,
                   std::string("The consumer group member has a ") + than + " member epoch (" +
                       std::to_string(request.member_epoch) + ") than the one known by the group coordinator (" +
                       std::to_string(current.epoch) + "). The member must abandon all its partitions and rejoin."};
  };
  if (request.member_epoch > current.epoch) {
    FULMAR_MARK("groups: member of a later epoch");
    return fenced("greater");
  }
  if (request.member_epoch == current.epoch) return std::nullopt;
  // The response with its new epoch may have been lost. That is accepted if the partitions that it reports are all
  // assigned to it now.
  auto owned = sets_of(request.topic_partitions);
  if (request.member_epoch != current.previous_epoch || !owned || !within(*owned, current)) {
    FULMAR_MARK("groups: member of a past epoch fenced");
    return fenced("smaller");
  }
  FULMAR_MARK("groups: lost answer with a new epoch");
  return std::nullopt;
}

void ConsumerGroups::beat(Step& step, const Beat& beat, CoordinatorTime now) {
  const auto& request = beat.request;
  ConsumerGroupHeartbeatResponse response;
  response.member_id = request.member_id;
  if (request.member_epoch < joining_epoch) {
    if (auto refused = leave_one(step, beat)) return refuse(step.answers, beat.token, std::move(*refused));
    response.member_epoch = request.member_epoch;
    step.answers.push_back({beat.token, std::move(response)});
    return;
  }
  if (auto refused = admit(step, beat)) return refuse(step.answers, beat.token, std::move(*refused));
  subscribe(step, beat, now);
  auto owned = sets_of(request.topic_partitions);
  auto before = partitions_of(step.group.current(request.member_id).assigned);
  reconcile_member(step, request.member_id, owned);
  await_revocation(step, request.member_id, now);
  restart_session(step.shell, request.member_id, now);

  const auto& current = step.group.current(request.member_id);
  response.member_epoch = current.epoch;
  response.heartbeat_interval_ms =
      static_cast<std::int32_t>(coordinator_.settings_.consumer_times_of(step.shell.id()).heartbeat_interval.count());
  if (request.member_epoch == joining_epoch || is_full(request) || partitions_of(current.assigned) != before)
    response.assignment = assignment_of(current);
  step.answers.push_back({beat.token, std::move(response)});
}

void ConsumerGroups::subscribe(Step& step, const Beat& beat, CoordinatorTime now) {
  const auto& request = beat.request;
  auto& group = step.group;
  if (step.shell.persisted && group.epoch() == 0 && step.records.empty())
    step.put(GroupRecord{{request.group_id}, std::nullopt});  // it was a classic group
  if (request.instance_id) {
    const auto* holder = group.static_member(*request.instance_id);
    if (holder && *holder != request.member_id) {
      FULMAR_MARK("groups: static consumer takes over");
      replace(step, std::string(*holder), request.member_id);
    }
  }
  const auto* known = group.member(request.member_id);
  ConsumerMember said = known ? *known : ConsumerMember{};
  if (request.instance_id) said.instance_id = request.instance_id;
  if (request.rack_id) said.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms != -1) said.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.server_assignor) said.server_assignor = request.server_assignor;
  if (request.subscribed_topic_names) {
    std::set<std::string> names(request.subscribed_topic_names->begin(), request.subscribed_topic_names->end());
    said.subscribed_topic_names.assign(names.begin(), names.end());
  }
  if (request.subscribed_topic_regex) said.subscribed_topic_regex = request.subscribed_topic_regex;
  said.client_id = beat.client_id;
  said.client_host = beat.client_host;
  if (said.subscribed_topic_regex && !said.subscribed_topic_regex->empty())
    used_by(request.group_id, *said.subscribed_topic_regex, {beat.principal, beat.client_host});
  said.classic_member_metadata.reset();  // it speaks the consumer protocol from now on
  store_member(step, request.member_id, std::move(said), now);
}

void ConsumerGroups::store_member(Step& step, const std::string& id, ConsumerMember said, CoordinatorTime now) {
  auto& group = step.group;
  const auto& group_id = step.shell.id();
  const auto* known = group.member(id);
  bool names_changed = !known || known->subscribed_topic_names != said.subscribed_topic_names;
  std::string pattern = said.subscribed_topic_regex.value_or("");
  std::string pattern_before = known ? known->subscribed_topic_regex.value_or("") : "";
  if (!known || *known != said) step.put(ConsumerMemberRecord{{group_id, id}, std::move(said)});
  if (pattern != pattern_before) {
    if (!pattern_before.empty() && !group.uses_pattern(pattern_before)) {
      askers_.erase({group_id, pattern_before});
      if (group.pattern(pattern_before)) step.put(PatternRecord{{group_id, pattern_before}, std::nullopt});
    }
    if (!pattern.empty() && !group.pattern(pattern)) resolve_soon(group_id, pattern);
  }
  refresh(step, names_changed || pattern != pattern_before);
  if (group.epoch() != group.target_epoch() && may_assign(group, now)) assign(step, now);
}

}  // namespace fulmar
