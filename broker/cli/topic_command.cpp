#include "broker/cli/topic_command.h"

#include <set>

#include "broker/cli/client_command.h"
#include "broker/cli/config_command.h"
#include "broker/cli/described.h"
#include "broker/cli/table.h"
#include "broker/cli/topic_records_command.h"
#include "broker/client/admin.h"
#include "broker/client/inspect.h"

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
  ClientCommand command("topic create", "NAME...", "Makes topics, and ends once each of their partitions is led.");
  auto add = command.options();
  add("partitions", po::value(&partitions)->value_name("N"), "how many (the cluster's num.partitions)");
  add("replication-factor", po::value(&factor)->value_name("N"), "how many brokers keep each (the cluster's default)");
  add("config", po::value(&configs)->composing()->value_name("NAME=VALUE"), "a topic property; may be given again");
  if (auto code = command.parse(arguments)) return *code;
  CreateTopicsRequest::Topic topic;
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
    for (const auto& name : command.operands()) {
      topic.name = name;
      FULMAR_TRY(auto made, or_in_doubt(create_topic(cluster, topic), "topic describe " + name));
      FULMAR_TRY_VOID(print("created topic " + name + ": partitions " + std::to_string(made.partitions.size()) +
                            ", replication factor " + replication_factor(made) + "\n"));
    }
    return {};
  });
}

int list(const Arguments& arguments) {
  ClientCommand command("topic list", "", "Lists the cluster's topics.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto metadata, cluster.metadata(std::nullopt));
    std::map<std::string, const MetadataResponse::Topic*> topics;
    for (const auto& topic : metadata.topics) topics[topic.name.value_or("")] = &topic;
    Table table({"TOPIC", "PARTITIONS#", "REPLICATION-FACTOR#"});
    for (const auto& [name, topic] : topics)
      table.add({name, std::to_string(topic->partitions.size()), replication_factor(*topic)});
    return command.print(table);
  });
}

// One topic, and the errors of partitions whose leaders could not give their offsets.
struct Described {
  std::string name;
  MetadataResponse::Topic topic;
  std::map<std::string, std::string> configs;
  Table partitions{{"PARTITION#", "LEADER#", "EPOCH#", "REPLICAS[]", "IN-SYNC[]", "BEGIN#", "END#"}};
  std::vector<std::string> errors;
};

Answer<Described> describe_topic(Host& host, ClusterClient& cluster, const std::string& name) {
  Described described;
  described.name = name;
  FULMAR_TRY(described.topic, cluster.topic(name));
  FULMAR_TRY(described.configs, topic_configs(cluster, name));
  std::map<std::int32_t, const MetadataResponse::Topic::Partition*> partitions;
  for (const auto& partition : described.topic.partitions) partitions[partition.index] = &partition;
  auto [begins, ends] = offsets_of_led(host, cluster, described.topic);
  std::set<std::string> errors;
  auto shown = [&](const std::map<std::int32_t, OffsetAnswer>& offsets, std::int32_t index) -> std::string {
    auto found = offsets.find(index);
    if (found == offsets.end()) return "";
    if (found->second) return std::to_string(*found->second);
    errors.insert("partition " + std::to_string(index) + ": " + to_string(found->second.error()));
    return "";
  };
  for (const auto& [index, partition] : partitions) {
    bool has_leader = partition->leader_id >= 0;
    auto begin = shown(begins, index);
    auto end = shown(ends, index);
    described.partitions.add({std::to_string(index), has_leader ? std::to_string(partition->leader_id) : "",
                              has_leader ? std::to_string(partition->leader_epoch) : "",
                              joined(partition->replica_nodes), joined(partition->isr_nodes), begin, end});
  }
  described.errors.assign(errors.begin(), errors.end());
  return described;
}

Json as_json(const Described& described) {
  Json json;
  json["topic"] = described.name;
  json["id"] = described.topic.topic_id.is_zero() ? Json() : Json(to_string(described.topic.topic_id));
  json["configs"] = Json::object();
  for (const auto& [property, value] : described.configs) json["configs"][property] = value;
  json["partitions"] = described.partitions.json();
  json["errors"] = described.errors;
  return json;
}

std::string as_text(const Described& described) {
  Table about;
  about.add({"topic", described.name});
  about.add({"id", described.topic.topic_id.is_zero() ? "" : to_string(described.topic.topic_id)});
  about.add({"partitions", std::to_string(described.topic.partitions.size())});
  about.add({"replication-factor", replication_factor(described.topic)});
  for (const auto& [property, value] : described.configs) about.add({"config", property + "=" + value});
  return about.text() + "\n" + described.partitions.text();
}

int describe(const Arguments& arguments) {
  ClientCommand command("topic describe", "NAME...",
                        "Shows topics' properties, and for each partition its leader, the leader's epoch, its\n"
                        "replicas, those of them that are in sync, its first offset and the one after its last. A\n"
                        "partition that can't say shows '-' there; the others are shown all the same.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    return print_described(command, [&](const std::string& name) { return describe_topic(host, cluster, name); });
  });
}

int remove(const Arguments& arguments) {
  ClientCommand command("topic delete", "NAME...", "Deletes topics and all their records.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    for (const auto& name : command.operands()) {
      FULMAR_TRY_VOID(or_in_doubt(delete_topic(cluster, name), "topic list"));
      FULMAR_TRY_VOID(print("deleted topic " + name + "\n"));
    }
    return {};
  });
}

}  // namespace

int topic_command(const Arguments& arguments) {
  return run_subcommand(
      "topic",
      {{"create", "create NAME... [--partitions N] [--replication-factor N] [--config NAME=VALUE]...", create},
       {"list", "list", list},
       {"describe", "describe NAME...", describe},
       {"alter", "alter NAME [--set NAME=VALUE]... [--unset NAME]...", topic_alter_command},
       {"add-partitions", "add-partitions NAME --partitions N", add_partitions_command},
       {"offsets", "offsets NAME [--time earliest|latest|max-timestamp|MS] [--partition N]", topic_offsets_command},
       {"delete-records", "delete-records NAME --before OFFSET|end [--partition N]", delete_records_command},
       {"delete", "delete NAME...", remove}},
      arguments);
}

}  // namespace fulmar
