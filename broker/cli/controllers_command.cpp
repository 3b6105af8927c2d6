#include "broker/cli/controllers_command.h"

#include <algorithm>

#include "broker/cli/client_command.h"
#include "broker/cli/partition_operands.h"
#include "broker/cli/table.h"
#include "broker/client/inspect.h"
#include "broker/client/quorum_admin.h"

namespace fulmar {

namespace {

// The directory id of the broker, as the metadata group has it.
Answer<Uuid> directory_of(ClusterClient& cluster, std::int32_t broker) {
  FULMAR_TRY(auto quorum, describe_metadata_quorum(cluster));
  for (const auto* replicas : {&quorum.voters, &quorum.observers}) {
    auto found = std::ranges::find(*replicas, broker, &DescribeQuorumResponse::Replica::replica_id);
    if (found != replicas->end()) return found->directory_id;
  }
  return refuse(ErrorCode::broker_id_not_registered,
                "there is no broker " + std::to_string(broker) + " in the cluster");
}

Answer<void> show(const ClientCommand& command, ClusterClient& cluster) {
  FULMAR_TRY(auto quorum, describe_metadata_quorum(cluster));
  Table table({"BROKER#", "ROLE", "DIRECTORY"});
  auto add = [&](const std::vector<DescribeQuorumResponse::Replica>& replicas, const char* role) {
    for (const auto& replica : replicas)
      table.add({std::to_string(replica.replica_id), replica.replica_id == quorum.leader_id ? "leader" : role,
                 to_string(replica.directory_id)});
  };
  add(quorum.voters, "voter");
  add(quorum.observers, "observer");
  return command.print(table);
}

}  // namespace

int controllers_command(const std::vector<std::string>& arguments) {
  ClientCommand command(
      "cluster controllers", "[add|remove BROKER]...",
      "Shows the brokers that decide about the cluster's metadata, and those that follow it; or adds\n"
      "a broker to those that decide, or removes one, and shows them then. It is as the command says\n"
      "whatever controller.quorum.voters names.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  const auto& operands = command.operands();
  if (operands.empty()) return command.run([&](Host&, ClusterClient& cluster) { return show(command, cluster); });
  bool adds = operands.front() == "add";
  if (!adds && operands.front() != "remove") return command.wrong("add or remove, not " + operands.front());
  if (operands.size() != 2) return command.wrong(operands.front() + " takes one BROKER");
  auto broker = parse_number(operands.back());
  if (!broker) return command.wrong("BROKER must be a broker's number, not " + operands.back());
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto directory, directory_of(cluster, *broker));
    auto changed = adds ? add_controller(cluster, *broker, directory) : remove_controller(cluster, *broker, directory);
    FULMAR_TRY_VOID(or_in_doubt(std::move(changed), "cluster controllers"));
    return show(command, cluster);
  });
}

}  // namespace fulmar
