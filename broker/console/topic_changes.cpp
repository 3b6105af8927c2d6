#include <limits>

#include "broker/client/admin.h"
#include "broker/client/config_admin.h"
#include "broker/client/partition_admin.h"
#include "broker/console/changes.h"

namespace fulmar {

namespace {

constexpr std::int64_t partitions_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t replication_factor_max = std::numeric_limits<std::int16_t>::max();
constexpr std::size_t failures_max = 200;  // partitions that are named; more are counted only

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// Of a topic, or one of its partitions, or of the whole cluster.
Answer<std::set<PartitionName>> partitions_meant(ClusterClient& cluster, const std::optional<std::string>& topic,
                                                 std::optional<std::int64_t> partition) {
  std::set<PartitionName> meant;
  if (topic && partition) return std::set<PartitionName>{{*topic, static_cast<std::int32_t>(*partition)}};
  if (!topic) {
    FULMAR_TRY(auto all, all_replicas(cluster));
    for (const auto& [name, replicas] : all) meant.insert(name);
    return meant;
  }
  FULMAR_TRY(auto described, cluster.topic(*topic));
  for (const auto& one : described.partitions) meant.emplace(*topic, one.index);
  return meant;
}

ConsoleJson shown(const std::map<PartitionName, ErrorCode>& results) {
  std::size_t elected = 0, already = 0, failed = 0;
  auto failures = ConsoleJson::array();
  for (const auto& [name, code] : results) {
    if (code == ErrorCode::none) {
      ++elected;
    } else if (code == ErrorCode::election_not_needed) {
      ++already;
    } else if (++failed <= failures_max) {
      failures.push_back({{"topic", name.first}, {"partition", name.second}, {"code", error_code_name(code)}});
    }
  }
  auto done = plural(elected, "leader") + " elected; " + plural(already, "partition") + " needed none";
  if (failed > 0) done += "; " + plural(failed, "partition") + " could not be led by the preferred leader";
  return {{"done", done}, {"elected", elected}, {"not_needed", already}, {"failed", failed}, {"failures", failures}};
}

}  // namespace

Result<ConsoleChange> create_topic_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"topic", "partitions", "replication_factor", "configs"}));
  CreateTopicsRequest::Topic topic;
  FULMAR_TRY(topic.name, body.text("topic"));
  FULMAR_TRY(auto partitions, body.number("partitions", 1, partitions_max));
  FULMAR_TRY(auto factor, body.number("replication_factor", 1, replication_factor_max));
  FULMAR_TRY(auto configs, body.texts("configs"));
  topic.num_partitions = static_cast<std::int32_t>(partitions.value_or(-1));
  topic.replication_factor = static_cast<std::int16_t>(factor.value_or(-1));
  for (auto& [name, value] : configs) topic.configs.push_back({name, value});
  auto name = topic.name;
  return ConsoleChange{
      name, [topic = std::move(topic)](const ConsoleWork& work) -> Answer<ConsoleJson> {
        FULMAR_TRY(auto made, create_topic(work.cluster, topic));
        const auto replicas = made.partitions.empty() ? 0 : made.partitions.front().replica_nodes.size();
        return ConsoleJson{{"done", "created topic " + topic.name + ": " + plural(made.partitions.size(), "partition") +
                                        ", replication factor " + std::to_string(replicas)}};
      }};
}

Result<ConsoleChange> delete_topic_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"topic"}));
  FULMAR_TRY(auto topic, body.text("topic"));
  return ConsoleChange{topic, [topic](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY_VOID(delete_topic(work.cluster, topic));
                         return ConsoleJson{{"done", "deleted topic " + topic}};
                       }};
}

Result<ConsoleChange> add_partitions_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"topic", "partitions"}));
  FULMAR_TRY(auto topic, body.text("topic"));
  FULMAR_TRY(auto count, body.number("partitions", 1, partitions_max));
  if (!count) return fail(Errc::invalid_argument, "partitions is needed: how many there are to be");
  return ConsoleChange{
      topic, [topic, count = static_cast<std::int32_t>(*count)](const ConsoleWork& work) -> Answer<ConsoleJson> {
        FULMAR_TRY_VOID(add_partitions(work.cluster, topic, count));
        return ConsoleJson{
            {"done", "topic " + topic + " has " + plural(static_cast<std::size_t>(count), "partition") + " now"}};
      }};
}

Result<ConsoleChange> alter_topic_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"topic", "set", "unset"}));
  FULMAR_TRY(auto topic, body.text("topic"));
  FULMAR_TRY(auto set, body.texts("set"));
  FULMAR_TRY(auto unset, body.list("unset"));
  ConfigChanges changes;
  for (auto& [name, value] : set) changes[name] = value;
  for (auto& name : unset)
    if (!changes.emplace(name, std::nullopt).second)
      return fail(Errc::invalid_argument, name + " can't be both set and unset");
  if (changes.empty()) return fail(Errc::invalid_argument, "set or unset is needed: what changes");
  return ConsoleChange{topic, [topic, changes = std::move(changes)](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY_VOID(alter_topic_configs(work.cluster, topic, changes));
                         std::string done;
                         for (const auto& [name, value] : changes)
                           done += (done.empty() ? "" : "; ") + name +
                                   (value ? " is " + *value + " now" : " is the default now");
                         return ConsoleJson{{"done", done}};
                       }};
}

Result<ConsoleChange> elect_leaders_change(const ChangeBody& body) {
  FULMAR_TRY_VOID(body.only({"topic", "partition"}));
  FULMAR_TRY(auto topic, body.text_if_given("topic"));
  FULMAR_TRY(auto partition, body.number("partition", 0, partitions_max));
  if (partition && !topic) return fail(Errc::invalid_argument, "topic is needed: whose partition?");
  return ConsoleChange{topic.value_or("all topics"),
                       [topic, partition](const ConsoleWork& work) -> Answer<ConsoleJson> {
                         FULMAR_TRY(auto meant, partitions_meant(work.cluster, topic, partition));
                         FULMAR_TRY(auto results, elect_preferred_leaders(work.cluster, meant));
                         return shown(results);
                       }};
}

}  // namespace fulmar
