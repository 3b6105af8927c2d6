#include "broker/cli/group_command.h"

#include <set>

#include "broker/cli/client_command.h"
#include "broker/cli/config_command.h"
#include "broker/cli/described.h"
#include "broker/cli/partition_operands.h"
#include "broker/client/group_admin.h"
#include "broker/client/group_progress.h"
#include "broker/client/offset_reset.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Arguments = std::vector<std::string>;

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

Table partitions_of(const GroupProgress& group) {
  Table table({"TOPIC", "PARTITION#", "COMMITTED#", "END#", "LAG#", "MEMBER", "CLIENT", "HOST"});
  auto shown = [](const std::optional<Offset>& offset) { return offset ? std::to_string(*offset) : ""; };
  std::set<std::string> idle;
  for (const auto& member : group.members) idle.insert(member.id);
  for (const auto& partition : group.partitions) {
    const auto* member = partition.reader ? &group.members[*partition.reader] : nullptr;
    if (member) idle.erase(member->id);
    table.add({partition.name.first, std::to_string(partition.name.second), shown(partition.committed),
               shown(partition.end), shown(partition.lag()), member ? member->id : "", member ? member->client_id : "",
               member ? member->client_host : ""});
  }
  for (const auto& member : group.members)
    if (idle.contains(member.id)) table.add({"", "", "", "", "", member.id, member.client_id, member.client_host});
  return table;
}

struct Described : GroupProgress {};

Json as_json(const Described& group) {
  Json json;
  json["group"] = group.id;
  json["state"] = group.state;
  json["type"] = group.type;
  json["protocol_type"] = group.protocol_type;
  json["protocol"] = group.protocol;
  json["members"] = group.members.size();
  json["partitions"] = partitions_of(group).json();
  json["errors"] = group.errors;
  return json;
}

std::string as_text(const Described& group) {
  Table about;
  about.add({"group", group.id});
  about.add({"state", group.state});
  about.add({"type", group.type});
  about.add({"protocol", group.protocol});
  about.add({"members", std::to_string(group.members.size())});
  return about.text() + "\n" + partitions_of(group).text();
}

int describe(const Arguments& arguments) {
  ClientCommand command("group describe", "NAME...",
                        "Shows groups, and for each partition how far the group has come, how many records are left\n"
                        "for it, and which member reads it. Members without a partition come last.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    return print_described(command, [&](const std::string& name) -> Answer<Described> {
      FULMAR_TRY(auto progress, group_progress(host, cluster, name));
      return Described{std::move(progress)};
    });
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

int reset(const Arguments& arguments) {
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
  auto target = ResetTarget::parse(to);
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
    FULMAR_TRY(auto offsets, reset_offsets(cluster, partitions, *target));
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
        "reset-offsets NAME --to earliest|latest|time:MS|OFFSET [--topic TOPIC[:PARTITION]]... [--execute]", reset},
       {"config", "config NAME [--set NAME=VALUE]... [--unset NAME]...", group_config_command},
       {"delete", "delete NAME...", remove}},
      arguments);
}

}  // namespace fulmar
