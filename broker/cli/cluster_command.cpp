#include "broker/cli/cluster_command.h"

#include "broker/cli/client_command.h"
#include "broker/cli/decommission_command.h"
#include "broker/cli/elect_leaders_command.h"
#include "broker/cli/reassign_command.h"
#include "broker/cli/table.h"

namespace fulmar {

namespace {

using Partition = MetadataResponse::Topic::Partition;

// What is wrong with a partition, as far as a client can tell; empty if nothing is.
std::string trouble_of(const Partition& partition) {
  if (partition.leader_id < 0) return "no-leader";
  return partition.isr_nodes.size() < partition.replica_nodes.size() ? "under-replicated" : "";
}

std::string status_text(const MetadataResponse& metadata) {
  Table troubles({"TOPIC", "PARTITION", "LEADER", "REPLICAS", "IN-SYNC", "TROUBLE"});
  std::size_t partitions = 0;
  std::size_t leaderless = 0;
  std::size_t under_replicated = 0;
  std::map<std::int32_t, std::size_t> led;  // by broker
  std::map<std::pair<std::string, std::int32_t>, const Partition*> sorted;
  for (const auto& topic : metadata.topics)
    for (const auto& partition : topic.partitions) sorted[{topic.name.value_or(""), partition.index}] = &partition;
  for (const auto& [key, partition] : sorted) {
    ++partitions;
    bool has_leader = partition->leader_id >= 0;
    leaderless += !has_leader;
    under_replicated += partition->isr_nodes.size() < partition->replica_nodes.size();
    ++led[partition->leader_id];
    if (auto trouble = trouble_of(*partition); !trouble.empty())
      troubles.add({key.first, std::to_string(key.second), has_leader ? std::to_string(partition->leader_id) : "",
                    joined(partition->replica_nodes), joined(partition->isr_nodes), trouble});
  }
  Table about;
  about.add({"cluster", metadata.cluster_id.value_or("")});
  about.add({"controller", metadata.controller_id >= 0 ? std::to_string(metadata.controller_id) : ""});
  about.add({"brokers", std::to_string(metadata.brokers.size())});
  about.add({"topics", std::to_string(metadata.topics.size())});
  about.add({"partitions", std::to_string(partitions)});
  about.add({"without-leader", std::to_string(leaderless)});
  about.add({"under-replicated", std::to_string(under_replicated)});
  std::map<std::int32_t, SocketAddress> addresses;
  for (const auto& broker : metadata.brokers)
    addresses[broker.node_id] = {broker.host, static_cast<std::uint16_t>(broker.port)};
  Table brokers({"BROKER", "ADDRESS", "LEADS"});
  for (const auto& [id, address] : addresses)
    brokers.add({std::to_string(id), to_string(address), std::to_string(led[id])});
  auto text = about.text() + "\n" + brokers.text();
  if (leaderless + under_replicated > 0) text += "\n" + troubles.text();
  return text;
}

int status(const std::vector<std::string>& arguments) {
  ClientCommand command("cluster status", "",
                        "Shows the cluster's brokers, how many topics and partitions it has, and each partition that\n"
                        "has no leader or fewer replicas in sync than it should.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    TRY(auto metadata, cluster.metadata(std::nullopt));
    return print(status_text(metadata));
  });
}

}  // namespace

int cluster_command(const std::vector<std::string>& arguments) {
  return run_subcommand(
      "cluster",
      {{"status", "status", status},
       {"reassign", "reassign TOPIC[:PARTITION]... --to BROKER,...|--cancel|--list [--no-wait]", reassign_command},
       {"elect-leaders", "elect-leaders [TOPIC[:PARTITION]]...", elect_leaders_command},
       {"decommission", "decommission BROKER [--no-wait]", decommission_command}},
      arguments);
}

}  // namespace fulmar
