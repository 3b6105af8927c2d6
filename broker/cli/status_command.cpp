#include "broker/cli/status_command.h"

#include <algorithm>

#include "broker/cli/client_command.h"
#include "broker/client/cluster_status.h"
#include "broker/client/inspect.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration configs_max = seconds(3);
constexpr Duration look_again_after = milliseconds(500);
constexpr std::int32_t wait_seconds_max = 86400;

Table brokers_table(const ClusterStatus& status) {
  Table table({"BROKER#", "STATE", "ADDRESS", "LEADS#"});
  for (const auto& broker : status.brokers)
    table.add({std::to_string(broker.id), broker.address ? "alive" : "dead",
               broker.address ? to_string(*broker.address) : "", std::to_string(broker.leads)});
  return table;
}

Table controllers_table(const ClusterStatus& status) {
  Table table({"CONTROLLER#", "ROLE", "LOG-END#", "LAG#", "HEARD-MS-AGO#", "CAUGHT-UP-MS-AGO#"});
  auto shown = [](const auto& number) { return number ? std::to_string(*number) : ""; };
  for (const auto& controller : status.controllers)
    table.add({std::to_string(controller.id), controller.role, shown(controller.log_end), shown(controller.lag),
               shown(controller.heard_ms_ago), shown(controller.caught_up_ms_ago)});
  return table;
}

Table troubles_table(const ClusterStatus& status) {
  Table table({"TOPIC", "PARTITION#", "LEADER#", "REPLICAS[]", "IN-SYNC[]", "TROUBLE"});
  for (const auto& [name, state, trouble] : status.troubles)
    table.add({name.first, std::to_string(name.second), state.leader_id >= 0 ? std::to_string(state.leader_id) : "",
               joined(state.replica_nodes), joined(state.isr_nodes), to_string(trouble)});
  return table;
}

// Why no broker should be stopped now; empty if one may be.
std::string concern(Host& host, ClusterClient& cluster, const ClusterStatus& status) {
  if (auto concerns = status.concerns(); !concerns.empty()) return concerns.front().text;
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
    auto status = cluster_status(host, cluster);
    auto now = status ? concern(host, cluster, *status) : to_string(status.error());
    if (now.empty()) return {};
    if (now != before) command.tell("waits: " + now);
    if (host.clock().now() >= give_up) return refuse(ErrorCode::none, "not healthy in time: " + now);
    before = now;
    host.clock().sleep_for(look_again_after);
  }
}

Answer<void> show(const ClientCommand& command, Host& host, ClusterClient& cluster) {
  FULMAR_TRY(auto status, cluster_status(host, cluster));
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
    json["brokers"] = brokers_table(status).json();
    json["controllers"] = controllers_table(status).json();
    json["troubles"] = troubles_table(status).json();
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
  auto text = about.text() + "\n" + brokers_table(status).text();
  if (status.knows_quorum) text += "\n" + controllers_table(status).text();
  if (!status.troubles.empty()) text += "\n" + troubles_table(status).text();
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
