// DescribeGroups and ListGroups, answered from committed state; and DeleteGroups.
#include <algorithm>
#include <cctype>

#include "broker/groups/coordinator.h"

namespace fulmar {
namespace {

// From this version on a missing group is an error; in older versions it is described as Dead (KIP-1043).
constexpr std::int16_t describe_tells_missing_group_since = 6;

// In lower case and without surrounding blanks, as filters are compared.
std::string plain(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  std::string lower;
  for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool passes(const std::vector<std::string>& filter, const std::string& value) {
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const auto& wanted) { return plain(wanted) == plain(value); });
}

// In committed state, a group whose deletion is being appended still exists and is empty.
std::string state_told(const Group& group) {
  if (group.consumer) {
    auto state = group.consumer->step ? group.consumer->committed().state() : group.consumer->state();
    return consumer_group_state_name(state);
  }
  return group_state_name(group.in(GroupState::dead) ? GroupState::empty : group.state());
}

}  // namespace

const Group& GroupCoordinator::committed_kind(const Group& group) {
  bool upgrades = group.consumer && group.consumer->step && group.consumer->step->upgrade;
  return upgrades ? *group.consumer->step->upgrade->before : group;
}

DescribeGroupsResponse::Group GroupCoordinator::describe(const std::string& id, std::int16_t api_version) const {
  DescribeGroupsResponse::Group described;
  described.group_id = id;
  if (auto error = not_serving()) {
    described.error_code = *error;
    return described;
  }
  const Group* group = find(id);
  if (group) group = &committed_kind(*group);
  if (!group || !group->persisted || group->consumer) {
    described.group_state = group_state_name(GroupState::dead);
    if (api_version >= describe_tells_missing_group_since) {
      described.error_code = ErrorCode::group_id_not_found;
      bool of_consumers = group && group->persisted;
      described.error_message = "Group " + id + (of_consumers ? " is not a classic group." : " not found.");
    }
    return described;
  }
  described.group_state = state_told(*group);
  described.protocol_type = group->protocol_type();
  bool stable = group->in(GroupState::stable);
  if (stable) described.protocol_data = *group->protocol();
  for (const auto& [member_id, member] : group->members())
    described.members.push_back({member_id, member.instance_id, member.client_id, member.client_host,
                                 stable ? *member.metadata(*group->protocol()) : Bytes(), member.assignment});
  return described;
}

GroupCoordinator::Page GroupCoordinator::list(const ListGroupsRequest& request, const std::optional<std::string>& after,
                                              std::size_t limit) const {
  Page page;
  if (auto error = not_serving()) {
    page.error_code = *error;
    return page;
  }
  auto entry = after ? groups_.upper_bound(*after) : groups_.begin();
  for (; entry != groups_.end(); ++entry) {
    if (limit-- == 0) return page;
    const Group& group = committed_kind(entry->second);
    page.last = group.id();
    const char* type = group.consumer ? "consumer" : "classic";
    if (!group.persisted || !passes(request.types_filter, type)) continue;
    auto state = state_told(group);
    if (passes(request.states_filter, state))
      page.groups.push_back(
          {group.id(), group.consumer ? consumer_protocol_type : group.protocol_type(), std::move(state), type});
  }
  page.last.reset();
  return page;
}

ConsumerGroupDescribeResponse::Group GroupCoordinator::describe_consumers(const std::string& id) const {
  const Group* group = find(id);
  if (group) group = &committed_kind(*group);
  auto error = not_serving();
  if (!error && group && group->persisted && group->consumer) return consumers_.describe(*group);
  ConsumerGroupDescribeResponse::Group described;
  described.group_id = id;
  described.error_code = error.value_or(ErrorCode::group_id_not_found);
  if (!error)
    described.error_message = "Group " + id + (group && group->persisted ? " is not a consumer group." : " not found.");
  return described;
}

void GroupCoordinator::put_tombstones(const Group& group, std::vector<StateRecord>& records) {
  if (!group.consumer) {
    records.push_back(GroupRecord{{group.id()}, std::nullopt});
    return;
  }
  for (auto& record : group.consumer->tombstones(group.id())) records.push_back(std::move(record));
}

// An empty group id is valid here, as in Kafka.
void GroupCoordinator::delete_groups(GroupToken token, const DeleteGroupsRequest& request, GroupTime now) {
  DeleteGroupsResponse response;
  std::vector<StateRecord> records;
  std::vector<Effect> effects;
  std::set<std::string> seen;
  for (const auto& id : request.groups_names) {
    if (!seen.insert(id).second) continue;
    auto& result = response.results.emplace_back();
    result.group_id = id;
    Group* group = find(id);
    if (auto error = not_serving())
      result.error_code = *error;
    else if (!group)
      result.error_code = ErrorCode::group_id_not_found;
    else if (group->in(GroupState::dead) || backlogged())
      result.error_code = ErrorCode::coordinator_not_available;
    else if (group->consumer ? !group->consumer->empty() : !group->in(GroupState::empty))
      result.error_code = ErrorCode::non_empty_group;
    else if (group->consumer && group->consumer->step)
      result.error_code = ErrorCode::coordinator_not_available;
    if (result.error_code != ErrorCode::none) continue;
    // The tombstone of the group itself comes last: if only some of these records are committed, the rest is still a
    // group.
    if (const auto* topics = offsets_.of(id))
      for (const auto& [topic, partitions] : *topics)
        for (const auto& [index, slot] : partitions) records.push_back(OffsetRecord{{id, topic, index}, std::nullopt});
    for (const auto& key : transactional_.keys_of(id))
      if (!offsets_.slot(id, key.topic, key.partition)) records.push_back(OffsetRecord{key, std::nullopt});
    put_tombstones(*group, records);
    effects.push_back({id, Deleted{group->state_since()}});
    group->move_to(GroupState::dead, now.wall);
    timers_.cancel_group(id);  // of clients that were given ids
    group->pending_joins.clear();
  }
  if (records.empty()) return answer(token, std::move(response));
  append(std::move(records), std::move(effects), now).answers.push_back({token, std::move(response)});
}

AllUnderWay GroupCoordinator::under_way() const {
  AllUnderWay all;
  for (const auto& [id, group] : groups_) {
    bool rebalances = group.in(GroupState::preparing_rebalance) || group.in(GroupState::completing_rebalance);
    if (group.consumer) rebalances = !group.consumer->empty() && group.consumer->state() != ConsumerGroupState::stable;
    if (rebalances) all.emplace(id, UnderWay::rebalance);
  }
  return all;
}

}  // namespace fulmar
