// FindCoordinator, DescribeGroups, ConsumerGroupDescribe, ListGroups, DeleteGroups: finds the coordinators of groups,
// describes, lists and deletes groups.
#include <map>
#include <set>

#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/groups.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/coordinator_answer.h"
#include "broker/server/requests/repeats.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/requests/topics.h"
#include "runtime/fiber/event.h"

namespace fulmar {

namespace {

constexpr std::int64_t member_bytes = 500;  // of a described member in memory, about
constexpr std::int8_t of_group = 0;
constexpr std::int8_t of_transaction = 1;
constexpr std::int16_t batched_since = 4;      // FindCoordinator: several keys at once (KIP-699)
constexpr std::size_t groups_at_once = 1'000;  // listed before other fibers get their turn

FindCoordinatorResponse::Coordinator nobody(const std::string& key, ErrorCode error, std::string why) {
  return {key, -1, "", -1, error, std::move(why)};
}

// The topic of coordinators of that type.
std::string_view topic_of(std::int8_t type) {
  return type == of_transaction ? transaction_topic_name : group_topic_name;
}

FindCoordinatorResponse::Coordinator find(BrokerShard& shard, std::int8_t type, const std::string& key,
                                          std::string_view listener) {
  if (type != of_group && type != of_transaction)
    return nobody(key, ErrorCode::invalid_request, "there are no coordinators of that type");
  const auto image = shard.image();
  auto name = topic_of(type);
  const auto* topic = image->topic(name);
  if (!topic) return nobody(key, ErrorCode::coordinator_not_available, std::string(name) + " is not there yet");
  auto leader = shard.leader_of(*topic, partition_of_group(key, topic->partition_count())).broker;
  auto at = image->brokers.find(leader);
  if (at == image->brokers.end())
    return nobody(key, ErrorCode::coordinator_not_available,
                  "its partition of " + std::string(name) + " has no leader");
  const auto* address = at->second.address_at(listener);
  if (!address)
    return nobody(key, ErrorCode::coordinator_not_available,
                  "broker " + std::to_string(leader) + " has no listener " + std::string(listener));
  return {key, leader, address->host, address->port, ErrorCode::none, std::nullopt};
}

DeleteGroupsResponse delete_group(BrokerShard& shard, const std::string& group) {
  DeleteGroupsResponse response;
  Event answered;
  auto asked = shard.groups().ask(
      group,
      [&](GroupCoordinator& groups, GroupToken token, CoordinatorTime now) {
        groups.delete_groups(token, {{group}}, now);
      },
      [&](GroupAnswer said) {
        response = std::get<DeleteGroupsResponse>(std::move(said.response));
        answered.set();
      });
  if (!asked) {
    response.results.push_back({group, asked.error(), std::nullopt});
    return response;
  }
  // If this fiber is cancelled, the answer must not be delivered.
  struct Forget {
    ~Forget() { groups.forget(call); }
    GroupService& groups;
    std::uint64_t call;
  } forget{shard.groups(), *asked};
  answered.wait();
  return response;
}

// Whether the client may see all topics that the group's members subscribe to or are assigned.
bool may_see_topics(const Access& access, const ConsumerGroupDescribeResponse::Group& group) {
  auto may_see = [&](const std::string& topic) {
    return access.sees(AclOperation::describe, AclResourceType::topic, topic);
  };
  auto may_see_all = [&](const auto& assignment) {
    return std::ranges::all_of(assignment.topic_partitions,
                               [&](const auto& topic) { return may_see(topic.topic_name); });
  };
  return std::ranges::all_of(group.members, [&](const auto& member) {
    return std::ranges::all_of(member.subscribed_topic_names, may_see) && may_see_all(member.assignment) &&
           may_see_all(member.target_assignment);
  });
}

}  // namespace

Result<ByteChain> handle_find_coordinator(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<FindCoordinatorRequest>());
  Access access(shard, call);
  const bool batched = call.version() >= batched_since;
  const bool known = request.key_type == of_group || request.key_type == of_transaction;
  auto may_find = [&](const std::string& key) {
    if (!known) return true;
    return request.key_type == of_group ? access.may_on_group(AclOperation::describe, key)
                                        : access.may_on_transaction(AclOperation::describe, key);
  };
  const auto denied = request.key_type == of_group ? ErrorCode::group_authorization_failed
                                                   : ErrorCode::transactional_id_authorization_failed;
  const auto keys = batched ? request.coordinator_keys : std::vector{request.key_name};
  std::vector<bool> allowed;
  for (const auto& key : keys) allowed.push_back(may_find(key));
  const bool any_allowed = std::ranges::find(allowed, true) != allowed.end();
  if (known && any_allowed && !shard.image()->topic(topic_of(request.key_type)))
    create_topics_on_demand(shard, {std::string(topic_of(request.key_type))});
  auto answer = [&](std::size_t at) {
    return allowed[at] ? find(shard, request.key_type, keys[at], call.session().listener)
                       : nobody(keys[at], denied, "the client may not describe it");
  };
  FindCoordinatorResponse response;
  if (batched) {
    for (std::size_t at = 0; at < keys.size(); ++at) response.coordinators.push_back(answer(at));
  } else {
    auto found = answer(0);
    response.error_code = found.error_code;
    response.error_message = found.error_message;
    response.node_id = found.node_id;
    response.host = found.host;
    response.port = found.port;
  }
  return call.answer(response);
}

Result<ByteChain> handle_describe_groups(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeGroupsRequest>());
  DescribeGroupsResponse response;
  ResponseRoom room(shard);
  Repeats<std::string_view> repeats;
  Access access(shard, call);
  for (const auto& id : request.groups) {
    DescribeGroupsResponse::Group described;
    auto error = ErrorCode::invalid_request;
    if (!access.may_on_group(AclOperation::describe, id))
      error = ErrorCode::group_authorization_failed;
    else if (!repeats.are_too_many(id))
      error = shard.groups().read(
          id, [&](const GroupCoordinator& groups) { described = groups.describe(id, call.version()); });
    described.group_id = id;
    if (error != ErrorCode::none) described.error_code = error;
    if (request.include_authorized_operations && described.error_code == ErrorCode::none)
      described.authorized_operations = access.allowed_bits(authorized_group_operations, AclResourceType::group, id);
    std::int64_t bytes = 0;
    for (const auto& member : described.members)
      bytes +=
          member_bytes + static_cast<std::int64_t>(member.member_metadata.size() + member.member_assignment.size());
    room.take(bytes);
    response.groups.push_back(std::move(described));
  }
  return call.answer(response);
}

Result<ByteChain> handle_consumer_group_describe(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ConsumerGroupDescribeRequest>());
  ConsumerGroupDescribeResponse response;
  ResponseRoom room(shard);
  Repeats<std::string_view> repeats;
  Access access(shard, call);
  for (const auto& id : request.group_ids) {
    ConsumerGroupDescribeResponse::Group described;
    auto error = ErrorCode::invalid_request;
    if (!access.may_on_group(AclOperation::describe, id))
      error = ErrorCode::group_authorization_failed;
    else if (!repeats.are_too_many(id))
      error =
          shard.groups().read(id, [&](const GroupCoordinator& groups) { described = groups.describe_consumers(id); });
    if (id.empty() && error != ErrorCode::group_authorization_failed) error = ErrorCode::invalid_group_id;
    if (error == ErrorCode::none && !may_see_topics(access, described)) error = ErrorCode::topic_authorization_failed;
    if (error != ErrorCode::none) {
      described = {};
      described.error_code = error;
      if (error == ErrorCode::topic_authorization_failed)
        described.error_message = "The group has described topic(s) that the client is not authorized to describe.";
    }
    described.group_id = id;
    if (request.include_authorized_operations && described.error_code == ErrorCode::none)
      described.authorized_operations = access.allowed_bits(authorized_group_operations, AclResourceType::group, id);
    room.take(member_bytes * std::ssize(described.members));
    response.groups.push_back(std::move(described));
  }
  return call.answer(response);
}

Result<ByteChain> handle_list_groups(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ListGroupsRequest>());
  ListGroupsResponse response;
  const Access access(shard, call);
  const bool all = access.sees(AclOperation::describe, AclResourceType::cluster, acl_cluster_name);
  for (unsigned n = 0; n < shard.host().shard_count(); ++n)
    shard.on(n, [&](BrokerShard& there) {
      auto error = there.groups().read_all([&](const GroupCoordinator& groups) {
        std::optional<std::string> after;
        do {
          auto page = groups.list(request, after, groups_at_once);
          for (auto& group : page.groups)
            if (all || access.sees(AclOperation::describe, AclResourceType::group, group.group_id))
              response.groups.push_back(std::move(group));
          after = std::move(page.last);
        } while (after);
      });
      if (error != ErrorCode::none) response.error_code = error;
    });
  return call.answer(response);
}

Result<Finish> begin_delete_groups(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DeleteGroupsRequest>());
  return Finish([&shard, call, request = std::move(request)] {
    DeleteGroupsResponse response;
    Access access(shard, call);
    std::set<std::string> asked;
    for (const auto& group : request.groups_names) {
      if (!asked.insert(group).second) continue;
      if (!access.may_on_group(AclOperation::remove, group)) {
        response.results.push_back({group, ErrorCode::group_authorization_failed, std::nullopt});
        continue;
      }
      auto deleted = delete_group(shard, group);
      response.results.insert(response.results.end(), deleted.results.begin(), deleted.results.end());
    }
    return call.answer(response);
  });
}

}  // namespace fulmar
