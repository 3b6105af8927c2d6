#include "broker/cli/status_command.h"

#include <algorithm>
#include <set>

#include "broker/cli/client_command.h"
#include "broker/client/inspect.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration configs_max = seconds(3);
constexpr Duration look_again_after = milliseconds(500);
constexpr std::int32_t wait_seconds_max = 86400;

using Partition = MetadataResponse::Topic::Partition;
using Quorum = DescribeQuorumResponse::Topic::Partition;

struct Counts {
  std::size_t partitions = 0;
  std::size_t offline = 0;
  std::size_t under_replicated = 0;
  std::size_t under_min_isr = 0;
};

struct Status {
  MetadataResponse metadata;
  std::optional<Quorum> quorum;
  std::size_t voters_missing = 0;
  Counts counts;
  Table brokers{{"BROKER#", "STATE", "ADDRESS", "LEADS#"}};
  Table controllers{{"CONTROLLER#", "ROLE", "LOG-END#", "LAG#", "HEARD-MS-AGO#", "CAUGHT-UP-MS-AGO#"}};
  Table troubles{{"TOPIC", "PARTITION#", "LEADER#", "REPLICAS[]", "IN-SYNC[]", "TROUBLE"}};
  bool any_trouble = false;
  std::vector<std::int32_t> brokers_dead;
};

bool is_under_replicated(const Partition& partition) {
  return partition.isr_nodes.size() < partition.replica_nodes.size();
}

// What is wrong with a partition, as far as a client can tell; empty if nothing is.
std::string trouble_of(const Partition& partition, bool under_min_isr) {
  if (partition.leader_id < 0) return "offline";
  if (under_min_isr) return "under-min-isr";
  return is_under_replicated(partition) ? "under-replicated" : "";
}

// min.insync.replicas of the topics with replicas that are not in sync; the others do not need it.
Answer<std::map<std::string, std::size_t>> min_in_sync(ClusterClient& cluster, const MetadataResponse& metadata) {
  std::vector<std::string> asked;
  for (const auto& topic : metadata.topics)
    if (std::ranges::any_of(topic.partitions, is_under_replicated)) asked.push_back(topic.name.value_or(""));
  FULMAR_TRY(auto values, topic_property(cluster, asked, "min.insync.replicas"));
  std::map<std::string, std::size_t> wanted;
  for (const auto& [topic, value] : values) {
    auto number = Json::parse(value, nullptr, false);
    if (number.is_number_unsigned()) wanted[topic] = number.get<std::size_t>();
  }
  return wanted;
}

void add_partitions(Status& status, const MetadataResponse& metadata,
                    const std::map<std::string, std::size_t>& min_in_sync) {
  std::map<std::pair<std::string, std::int32_t>, const Partition*> sorted;
  for (const auto& topic : metadata.topics)
    for (const auto& partition : topic.partitions) sorted[{topic.name.value_or(""), partition.index}] = &partition;
  for (const auto& [key, partition] : sorted) {
    auto minimum = min_in_sync.find(key.first);
    auto in_sync = partition->isr_nodes.size();
    bool under_min_isr = is_under_replicated(*partition) && minimum != min_in_sync.end() &&
                         in_sync < std::min(minimum->second, partition->replica_nodes.size());
    ++status.counts.partitions;
    status.counts.offline += partition->leader_id < 0;
    status.counts.under_replicated += is_under_replicated(*partition);
    status.counts.under_min_isr += under_min_isr;
    auto trouble = trouble_of(*partition, under_min_isr);
    if (trouble.empty()) continue;
    status.any_trouble = true;
    bool has_leader = partition->leader_id >= 0;
    status.troubles.add({key.first, std::to_string(key.second), has_leader ? std::to_string(partition->leader_id) : "",
                         joined(partition->replica_nodes), joined(partition->isr_nodes), trouble});
  }
}

// Brokers in the metadata response are alive; others that have replicas or observe the metadata are not.
void add_brokers(Status& status, const MetadataResponse& metadata, const Quorum* quorum) {
  std::map<std::int32_t, SocketAddress> alive;
  for (const auto& broker : metadata.brokers)
    alive[broker.node_id] = {broker.host, static_cast<std::uint16_t>(broker.port)};
  std::set<std::int32_t> all;
  for (const auto& [id, address] : alive) all.insert(id);
  if (quorum) {
    for (const auto& voter : quorum->voters) all.insert(voter.replica_id);
    for (const auto& observer : quorum->observers) all.insert(observer.replica_id);
  }
  std::map<std::int32_t, std::size_t> led;
  for (const auto& topic : metadata.topics) {
    for (const auto& partition : topic.partitions) {
      ++led[partition.leader_id];
      all.insert(partition.replica_nodes.begin(), partition.replica_nodes.end());
    }
  }
  for (auto id : all) {
    auto found = alive.find(id);
    bool is_alive = found != alive.end();
    if (!is_alive) status.brokers_dead.push_back(id);
    status.brokers.add({std::to_string(id), is_alive ? "alive" : "dead", is_alive ? to_string(found->second) : "",
                        std::to_string(led[id])});
  }
}

void add_controllers(Status& status, const Quorum& quorum, Timestamp now_ms) {
  Offset end = quorum.high_watermark;
  for (const auto& voter : quorum.voters)
    if (voter.replica_id == quorum.leader_id) end = std::max(end, voter.log_end_offset);
  auto ago = [&](Timestamp at) { return at < 0 ? "" : std::to_string(std::max<Timestamp>(now_ms - at, 0)); };
  auto add = [&](const DescribeQuorumResponse::Replica& replica, const char* role) {
    bool leads = replica.replica_id == quorum.leader_id;
    bool known = replica.log_end_offset >= 0;
    status.controllers.add({std::to_string(replica.replica_id), leads ? "leader" : role,
                            known ? std::to_string(replica.log_end_offset) : "",
                            known ? std::to_string(std::max<Offset>(end - replica.log_end_offset, 0)) : "",
                            leads ? "" : ago(replica.last_fetch_timestamp),
                            leads ? "" : ago(replica.last_caught_up_timestamp)});
  };
  for (const auto& voter : quorum.voters) add(voter, "voter");
  for (const auto& observer : quorum.observers) add(observer, "observer");
}

Answer<Status> look(Host& host, ClusterClient& cluster) {
  Status status;
  FULMAR_TRY(status.metadata, cluster.metadata(std::nullopt));
  const auto& metadata = status.metadata;
  FULMAR_TRY(auto minimums, min_in_sync(cluster, metadata));
  add_partitions(status, metadata, minimums);
  // Without a controller this is unknown; the status reports its absence first.
  auto& quorum = status.quorum;
  std::size_t configured = 0;
  if (metadata.controller_id >= 0) {
    if (auto described = describe_metadata_quorum(cluster)) quorum = std::move(*described);
    // The controller may have changed since the metadata response.
    if (quorum)
      if (auto named = configured_controllers(cluster, quorum->leader_id, host.clock().deadline_in(configs_max)))
        configured = *named;
  }
  if (quorum) add_controllers(status, *quorum, host.clock().wall_ms());
  add_brokers(status, metadata, quorum ? &*quorum : nullptr);
  auto voters = quorum ? quorum->voters.size() : 0;
  status.voters_missing = configured > voters && quorum ? configured - voters : 0;
  return status;
}

// Why no broker should be stopped now; empty if one may be.
std::string concern(Host& host, ClusterClient& cluster, const Status& status) {
  const auto& counts = status.counts;
  if (status.metadata.controller_id < 0) return "there is no controller";
  if (status.voters_missing > 0) return "controllers without a vote: " + std::to_string(status.voters_missing);
  if (!status.brokers_dead.empty()) return "dead brokers: " + joined(status.brokers_dead);
  if (counts.offline > 0) return "offline partitions: " + std::to_string(counts.offline);
  if (counts.under_replicated > 0) return "under-replicated partitions: " + std::to_string(counts.under_replicated);
  // A broker that has just been started counts as in sync before its logs are open.
  for (const auto& broker : status.metadata.brokers) {
    auto opened = opened_partitions(cluster, broker.node_id, host.clock().deadline_in(configs_max));
    auto name = "broker " + std::to_string(broker.node_id);
    if (!opened) return name + " does not answer: " + to_string(opened.error());
    std::size_t closed = 0;
    for (const auto& topic : status.metadata.topics)
      for (const auto& partition : topic.partitions)
        closed += (std::ranges::find(partition.replica_nodes, broker.node_id) != partition.replica_nodes.end()) &&
                  !opened->contains({topic.name.value_or(""), partition.index});
    if (closed > 0) return name + " has partitions that are not open: " + std::to_string(closed);
  }
  return "";
}

// Returns once nothing is wrong, or with an error after that many seconds.
Answer<void> await_health(const ClientCommand& command, Host& host, ClusterClient& cluster, std::int32_t seconds_max) {
  auto give_up = host.clock().now() + seconds(seconds_max);
  for (std::string before;;) {
    auto status = look(host, cluster);
    auto now = status ? concern(host, cluster, *status) : to_string(status.error());
    if (now.empty()) return {};
    if (now != before) command.tell("waits: " + now);
    if (host.clock().now() >= give_up) return refuse(ErrorCode::none, "not healthy in time: " + now);
    before = now;
    host.clock().sleep_for(look_again_after);
  }
}

Answer<void> show(const ClientCommand& command, Host& host, ClusterClient& cluster) {
  FULMAR_TRY(auto status, look(host, cluster));
  const auto& metadata = status.metadata;
  const auto& counts = status.counts;
  if (command.as_json()) {
    Json json;
    json["cluster"] = metadata.cluster_id.value_or("");
    json["controller"] = metadata.controller_id >= 0 ? Json(metadata.controller_id) : Json();
    json["topics"] = metadata.topics.size();
    json["partitions"] = counts.partitions;
    json["offline"] = counts.offline;
    json["under_replicated"] = counts.under_replicated;
    json["under_min_isr"] = counts.under_min_isr;
    json["voters_missing"] = status.voters_missing;
    json["brokers"] = status.brokers.json();
    json["controllers"] = status.controllers.json();
    json["troubles"] = status.troubles.json();
    return command.print(json);
  }
  Table about;
  about.add({"cluster", metadata.cluster_id.value_or("")});
  about.add({"controller", metadata.controller_id >= 0 ? std::to_string(metadata.controller_id) : ""});
  about.add({"brokers", std::to_string(metadata.brokers.size())});
  about.add({"topics", std::to_string(metadata.topics.size())});
  about.add({"partitions", std::to_string(counts.partitions)});
  about.add({"offline", std::to_string(counts.offline)});
  about.add({"under-replicated", std::to_string(counts.under_replicated)});
  about.add({"under-min-isr", std::to_string(counts.under_min_isr)});
  if (status.voters_missing > 0) about.add({"voters-missing", std::to_string(status.voters_missing)});
  auto text = about.text() + "\n" + status.brokers.text();
  if (status.quorum) text += "\n" + status.controllers.text();
  if (status.any_trouble) text += "\n" + status.troubles.text();
  return print(text);
}

}  // namespace

int status_command(const std::vector<std::string>& arguments) {
  ClientCommand command(
      "cluster status", "",
      "Shows the cluster's brokers, alive or not; who decides about its metadata, and how far behind\n"
      "the leader each is; how many topics and partitions there are; and each partition that is\n"
      "offline (without a leader) or has fewer replicas in sync than it should.");
  command.lists();
  std::int32_t wait = 0;
  command.options()("wait", boost::program_options::value(&wait)->value_name("SECONDS"),
                    "first waits, for so long at most, until a broker may be stopped: all are alive and have their "
                    "partitions open, every partition is led and in sync, every controller votes");
  if (auto code = command.parse(arguments)) return *code;
  if (command.given("wait") && (wait < 1 || wait > wait_seconds_max))
    return command.wrong("--wait must be from 1 to " + std::to_string(wait_seconds_max) + " seconds");
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    if (wait > 0) FULMAR_TRY_VOID(await_health(command, host, cluster, wait));
    return show(command, host, cluster);
  });
}

}  // namespace fulmar
