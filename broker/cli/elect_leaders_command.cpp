#include "broker/cli/elect_leaders_command.h"

#include "broker/cli/client_command.h"
#include "broker/cli/partition_operands.h"
#include "broker/cli/table.h"

namespace fulmar {

namespace {

// The leader of each partition; -1: none.
Answer<std::map<PartitionName, std::int32_t>> leaders(ClusterClient& cluster) {
  FULMAR_TRY(auto metadata, cluster.metadata(std::nullopt));
  std::map<PartitionName, std::int32_t> found;
  for (const auto& topic : metadata.topics)
    for (const auto& partition : topic.partitions)
      found[{topic.name.value_or(""), partition.index}] = partition.leader_id;
  return found;
}

std::string result_text(ErrorCode code) {
  switch (code) {
    case ErrorCode::none: return "elected";
    case ErrorCode::election_not_needed: return "not-needed";
    default: return error_code_name(code);
  }
}

Answer<void> elect(const ClientCommand& command, ClusterClient& cluster,
                   const std::vector<PartitionOperand>& operands) {
  FULMAR_TRY(auto partitions, find_partitions(cluster, operands));
  FULMAR_TRY(auto results, elect_preferred_leaders(cluster, partitions));
  FULMAR_TRY(auto leader, leaders(cluster));
  Table table({"TOPIC", "PARTITION#", "LEADER#", "RESULT"});
  std::size_t failed = 0;
  ErrorCode why = ErrorCode::none;
  for (const auto& partition : partitions) {
    auto result = results.at(partition);
    auto now = leader.find(partition);
    bool has_leader = now != leader.end() && now->second >= 0;
    table.add({partition.first, std::to_string(partition.second), has_leader ? std::to_string(now->second) : "",
               result_text(result)});
    if (result == ErrorCode::none || result == ErrorCode::election_not_needed) continue;
    ++failed;
    why = result;
  }
  FULMAR_TRY_VOID(command.print(table));
  if (failed == 0) return {};
  return refuse(why, std::to_string(failed) + " of " + std::to_string(partitions.size()) +
                         " partitions are not led by their preferred leaders");
}

}  // namespace

int elect_leaders_command(const std::vector<std::string>& arguments) {
  ClientCommand command("cluster elect-leaders", "[TOPIC[:PARTITION]]...",
                        "Has partitions led by their preferred leaders, which are the first of their replicas: those\n"
                        "named, or all. Shows for each who leads it then, and whether that took an election.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  auto operands = parse_partition_operands(command.operands());
  if (!operands) return command.wrong(operands.error().detail);
  return command.run([&](Host&, ClusterClient& cluster) { return elect(command, cluster, *operands); });
}

}  // namespace fulmar
