#include "broker/cli/topic_command.h"

#include "broker/cli/client_command.h"
#include "broker/cli/table.h"
#include "broker/client/admin.h"
#include "broker/client/consumer.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Arguments = std::vector<std::string>;

std::string replication_factor(const MetadataResponse::Topic& topic) {
  return topic.partitions.empty() ? "" : std::to_string(topic.partitions.front().replica_nodes.size());
}

int create(const Arguments& arguments) {
  constexpr std::int16_t replication_factor_max = 32767;
  std::int32_t partitions = -1;
  std::int32_t factor = -1;
  std::vector<std::string> configs;
  ClientCommand command("topic create", "NAME", "Makes a topic.");
  auto add = command.options();
  add("partitions", po::value(&partitions)->value_name("N"), "how many (the cluster's num.partitions)");
  add("replication-factor", po::value(&factor)->value_name("N"), "how many brokers keep each (the cluster's default)");
  add("config", po::value(&configs)->composing()->value_name("NAME=VALUE"), "a topic property; may be given again");
  if (auto code = command.parse(arguments)) return *code;
  CreateTopicsRequest::Topic topic;
  topic.name = command.operand();
  if (command.given("partitions") && partitions < 1) return command.wrong("--partitions must be at least 1");
  if (command.given("replication-factor") && (factor < 1 || factor > replication_factor_max))
    return command.wrong("--replication-factor must be from 1 to " + std::to_string(replication_factor_max));
  topic.num_partitions = partitions;
  topic.replication_factor = static_cast<std::int16_t>(factor);
  for (const auto& config : configs) {
    auto equals = config.find('=');
    if (equals == 0 || equals == std::string::npos)
      return command.wrong("--config " + config + ": expected NAME=VALUE");
    topic.configs.push_back({config.substr(0, equals), config.substr(equals + 1)});
  }
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    TRY(auto made, create_topic(cluster, topic));
    return print("created topic " + topic.name + ": partitions " + std::to_string(made.partitions.size()) +
                 ", replication factor " + replication_factor(made) + "\n");
  });
}

int list(const Arguments& arguments) {
  ClientCommand command("topic list", "", "Lists the cluster's topics.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    TRY(auto metadata, cluster.metadata(std::nullopt));
    std::map<std::string, const MetadataResponse::Topic*> topics;
    for (const auto& topic : metadata.topics) topics[topic.name.value_or("")] = &topic;
    Table table({"TOPIC", "PARTITIONS", "REPLICATION-FACTOR"});
    for (const auto& [name, topic] : topics)
      table.add({name, std::to_string(topic->partitions.size()), replication_factor(*topic)});
    return print(table.text());
  });
}

int describe(const Arguments& arguments) {
  ClientCommand command("topic describe", "NAME",
                        "Shows a topic's properties, and for each partition its leader, the leader's epoch, its\n"
                        "replicas, those of them that are in sync, its first offset and the one after its last.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    const auto& name = command.operand();
    TRY(auto topic, cluster.topic(name));
    TRY(auto configs, topic_configs(cluster, name));
    std::map<std::int32_t, const MetadataResponse::Topic::Partition*> partitions;
    std::vector<std::int32_t> led;
    for (const auto& partition : topic.partitions) {
      partitions[partition.index] = &partition;
      if (partition.leader_id >= 0) led.push_back(partition.index);
    }
    TRY(auto begins, list_offsets(cluster, name, led, earliest_offset));
    TRY(auto ends, list_offsets(cluster, name, led, latest_offset));

    Table about;
    about.add({"topic", name});
    about.add({"id", topic.topic_id.is_zero() ? "" : to_string(topic.topic_id)});
    about.add({"partitions", std::to_string(topic.partitions.size())});
    about.add({"replication-factor", replication_factor(topic)});
    for (const auto& [property, value] : configs) about.add({"config", property + "=" + value});
    Table table({"PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN-SYNC", "BEGIN", "END"});
    for (const auto& [index, partition] : partitions) {
      bool has_leader = partition->leader_id >= 0;
      table.add({std::to_string(index), has_leader ? std::to_string(partition->leader_id) : "",
                 has_leader ? std::to_string(partition->leader_epoch) : "", joined(partition->replica_nodes),
                 joined(partition->isr_nodes), has_leader ? std::to_string(begins.at(index)) : "",
                 has_leader ? std::to_string(ends.at(index)) : ""});
    }
    return print(about.text() + "\n" + table.text());
  });
}

int remove(const Arguments& arguments) {
  ClientCommand command("topic delete", "NAME", "Deletes a topic and all its records.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    TRY_VOID(delete_topic(cluster, command.operand()));
    return print("deleted topic " + command.operand() + "\n");
  });
}

}  // namespace

int topic_command(const Arguments& arguments) {
  return run_subcommand(
      "topic",
      {{"create", "create NAME [--partitions N] [--replication-factor N] [--config NAME=VALUE]...", create},
       {"list", "list", list},
       {"describe", "describe NAME", describe},
       {"delete", "delete NAME", remove}},
      arguments);
}

}  // namespace fulmar
