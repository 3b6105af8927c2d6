#include "broker/cli/group_command.h"

#include <algorithm>
#include <set>

#include "broker/cli/client_command.h"
#include "broker/cli/config_command.h"
#include "broker/cli/described.h"
#include "broker/cli/partition_operands.h"
#include "broker/client/consumer.h"
#include "broker/client/group_admin.h"
#include "broker/client/inspect.h"
#include "broker/cluster/properties.h"
#include "broker/protocol/messages/consumer_protocol.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Arguments = std::vector<std::string>;

// A member and its assignment, if that is in the format of consumers.
struct Member {
  std::string id, client_id, client_host;
  std::vector<PartitionName> partitions;
};

// A group of either protocol.
struct Group {
  std::string id, state, type, protocol_type;
  std::string protocol;  // of a consumer group: the assignor
  std::vector<Member> members;
};

int list(const Arguments& arguments) {
  ClientCommand command("group list", "", "Lists the cluster's consumer groups.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto groups, list_groups(cluster));
    Table table({"GROUP", "STATE", "TYPE", "PROTOCOL-TYPE"});
    for (const auto& [name, group] : groups)
      table.add({name, group.group_state, group.group_type, group.protocol_type});
    return command.print(table);
  });
}

Group shown(const DescribeGroupsResponse::Group& described) {
  Group group{described.group_id,      described.group_state,   "classic",
              described.protocol_type, described.protocol_data, {}};
  for (const auto& member : described.members) {
    auto& added = group.members.emplace_back(Member{member.member_id, member.client_id, member.client_host, {}});
    auto assignment = read_consumer_assignment(member.member_assignment);
    if (!assignment) continue;
    for (const auto& topic : assignment->assigned_partitions)
      for (auto partition : topic.partitions) added.partitions.emplace_back(topic.topic, partition);
  }
  return group;
}

Group shown(const ConsumerGroupDescribeResponse::Group& described) {
  Group group{described.group_id, described.group_state, "consumer", "consumer", described.assignor_name, {}};
  for (const auto& member : described.members) {
    auto& added = group.members.emplace_back(Member{member.member_id, member.client_id, member.client_host, {}});
    for (const auto& topic : member.assignment.topic_partitions)
      for (auto partition : topic.partitions) added.partitions.emplace_back(topic.topic_name, partition);
  }
  return group;
}

// A broker that does not know the consumer protocol has no such groups.
Answer<Group> find_group(ClusterClient& cluster, const std::string& name) {
  auto of_consumers = describe_consumer_group(cluster, name);
  if (of_consumers) return shown(*of_consumers);
  if (of_consumers.error().code != ErrorCode::group_id_not_found &&
      of_consumers.error().code != ErrorCode::unsupported_version)
    return std::unexpected(of_consumers.error());
  FULMAR_TRY(auto classic, describe_group(cluster, name));
  return shown(classic);
}

std::map<PartitionName, const Member*> owners_in(const Group& group) {
  std::map<PartitionName, const Member*> owners;
  for (const auto& member : group.members)
    for (const auto& partition : member.partitions) owners[partition] = &member;
  return owners;
}

// One group, and the errors of partitions whose ends are unknown.
struct Described {
  Group group;
  Table partitions{{"TOPIC", "PARTITION#", "COMMITTED#", "END#", "LAG#", "MEMBER", "CLIENT", "HOST"}};
  std::set<std::string> errors;
};

Answer<Described> describe_one(Host& host, ClusterClient& cluster, const std::string& name) {
  Described described;
  FULMAR_TRY(auto group, find_group(cluster, name));
  described.group = std::move(group);
  FULMAR_TRY(auto committed, committed_offsets(cluster, name));
  auto owners = owners_in(described.group);
  std::map<std::string, std::set<std::int32_t>> topics;
  for (const auto& [partition, offset] : committed) topics[partition.first].insert(partition.second);
  for (const auto& [partition, member] : owners) topics[partition.first].insert(partition.second);
  std::set<std::string> idle;
  for (const auto& member : described.group.members) idle.insert(member.id);
  for (const auto& [topic, indexes] : topics) {
    auto ends = offsets_by_partition(host, cluster, topic, {indexes.begin(), indexes.end()}, latest_offset);
    for (auto index : indexes) {
      auto offset = committed.find({topic, index});
      auto end = ends.find(index);
      bool has_end = end != ends.end() && end->second;
      if (end != ends.end() && !end->second) described.errors.insert(to_string(end->second.error()));
      auto owner = owners.find({topic, index});
      const auto* member = owner == owners.end() ? nullptr : owner->second;
      if (member) idle.erase(member->id);
      bool lags = has_end && offset != committed.end();
      described.partitions.add(
          {topic, std::to_string(index), offset == committed.end() ? "" : std::to_string(offset->second),
           has_end ? std::to_string(*end->second) : "",
           lags ? std::to_string(std::max<Offset>(*end->second - offset->second, 0)) : "", member ? member->id : "",
           member ? member->client_id : "", member ? member->client_host : ""});
    }
  }
  for (const auto& member : described.group.members)
    if (idle.contains(member.id))
      described.partitions.add({"", "", "", "", "", member.id, member.client_id, member.client_host});
  return described;
}

Json as_json(const Described& described) {
  Json json;
  json["group"] = described.group.id;
  json["state"] = described.group.state;
  json["type"] = described.group.type;
  json["protocol_type"] = described.group.protocol_type;
  json["protocol"] = described.group.protocol;
  json["members"] = described.group.members.size();
  json["partitions"] = described.partitions.json();
  json["errors"] = described.errors;
  return json;
}

std::string as_text(const Described& described) {
  Table about;
  about.add({"group", described.group.id});
  about.add({"state", described.group.state});
  about.add({"type", described.group.type});
  about.add({"protocol", described.group.protocol});
  about.add({"members", std::to_string(described.group.members.size())});
  return about.text() + "\n" + described.partitions.text();
}

int describe(const Arguments& arguments) {
  ClientCommand command("group describe", "NAME...",
                        "Shows groups, and for each partition how far the group has come, how many records are left\n"
                        "for it, and which member reads it. Members without a partition come last.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    return print_described(command, [&](const std::string& name) { return describe_one(host, cluster, name); });
  });
}

int remove(const Arguments& arguments) {
  ClientCommand command("group delete", "NAME...",
                        "Deletes groups that have no members, and all that they have committed.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    for (const auto& name : command.operands()) {
      FULMAR_TRY_VOID(or_in_doubt(delete_group(cluster, name), "group list"));
      FULMAR_TRY_VOID(print("deleted group " + name + "\n"));
    }
    return {};
  });
}

// Where a group is to continue: a time, or an offset.
struct Target {
  Timestamp time = earliest_offset;
  std::optional<Offset> offset;
};

std::optional<Target> parse_target(const std::string& text) {
  if (text == "earliest") return Target{earliest_offset, std::nullopt};
  if (text == "latest") return Target{latest_offset, std::nullopt};
  bool time = text.starts_with("time:");
  auto number = parse_integer(std::string_view(text).substr(time ? 5 : 0));
  if (!number || *number < 0) return std::nullopt;
  return time ? Target{*number, std::nullopt} : Target{0, *number};
}

// An offset is limited to the partition's range, and a time after all records means the end, as in Kafka's own tool.
Answer<GroupOffsets> resolve(ClusterClient& cluster, const std::set<PartitionName>& partitions, const Target& target) {
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (const auto& [topic, index] : partitions) topics[topic].push_back(index);
  GroupOffsets offsets;
  for (const auto& [topic, indexes] : topics) {
    FULMAR_TRY(auto ends, list_offsets(cluster, topic, indexes, latest_offset));
    FULMAR_TRY(auto found, list_offsets(cluster, topic, indexes, target.offset ? earliest_offset : target.time));
    for (auto index : indexes) {
      auto offset = target.offset ? std::clamp(*target.offset, found.at(index), ends.at(index)) : found.at(index);
      offsets[{topic, index}] = offset < 0 ? ends.at(index) : offset;
    }
  }
  return offsets;
}

int reset_offsets(const Arguments& arguments) {
  std::vector<std::string> topics;
  std::string to;
  bool execute = false;
  ClientCommand command("group reset-offsets", "NAME",
                        "Has a group without members go on elsewhere: shows where it would, and with --execute does\n"
                        "it. Without --topic all partitions are meant that the group has committed something for.");
  auto add = command.options();
  add("to", po::value(&to)->value_name("WHERE"),
      "earliest, latest, time:MS (the first record of that time, in ms since 1970, or later), or an offset, which is "
      "moved to what a partition has");
  add("topic", po::value(&topics)->composing()->value_name("TOPIC[:PARTITION]"), "only these; may be given again");
  add("execute", po::bool_switch(&execute), "do it");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  if (to.empty()) return command.wrong("--to is needed");
  auto target = parse_target(to);
  if (!target) return command.wrong("--to must be earliest, latest, time:MS or an offset, not " + to);
  auto operands = parse_partition_operands(topics);
  if (!operands) return command.wrong("--topic: " + operands.error().detail);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    const auto& name = command.operand();
    FULMAR_TRY(auto committed, committed_offsets(cluster, name));
    std::set<PartitionName> partitions;
    if (operands->empty()) {
      for (const auto& [partition, offset] : committed) partitions.insert(partition);
    } else {
      FULMAR_TRY(partitions, find_partitions(cluster, *operands));
    }
    if (partitions.empty())
      return refuse(ErrorCode::none, "group " + name + " has committed nothing: --topic says what is meant");
    FULMAR_TRY(auto offsets, resolve(cluster, partitions, *target));
    std::map<PartitionName, ErrorCode> refused;
    if (execute) {
      FULMAR_TRY(refused, or_in_doubt(commit_offsets(cluster, name, offsets), "group describe " + name));
    }
    Table table({"TOPIC", "PARTITION#", "COMMITTED#", "NEW#"});
    for (const auto& [partition, offset] : offsets) {
      if (refused.contains(partition)) continue;
      auto before = committed.find(partition);
      table.add({partition.first, std::to_string(partition.second),
                 before == committed.end() ? "" : std::to_string(before->second), std::to_string(offset)});
    }
    FULMAR_TRY_VOID(command.print(table));
    if (!execute) command.tell("nothing is changed yet: that takes --execute");
    std::string unchanged;
    for (const auto& [partition, error] : refused)
      unchanged += (unchanged.empty() ? "" : "; ") + to_string(partition) + " " + error_code_name(error);
    if (!unchanged.empty()) return refuse(ErrorCode::none, "not changed: " + unchanged);
    return {};
  });
}

}  // namespace

int group_command(const std::vector<std::string>& arguments) {
  return run_subcommand(
      "group",
      {{"list", "list", list},
       {"describe", "describe NAME...", describe},
       {"reset-offsets",
        "reset-offsets NAME --to earliest|latest|time:MS|OFFSET [--topic TOPIC[:PARTITION]]... [--execute]",
        reset_offsets},
       {"config", "config NAME [--set NAME=VALUE]... [--unset NAME]...", group_config_command},
       {"delete", "delete NAME...", remove}},
      arguments);
}

}  // namespace fulmar
