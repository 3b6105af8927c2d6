#include "broker/cli/decommission_command.h"

#include <algorithm>

#include "broker/cli/client_command.h"
#include "broker/cli/partition_operands.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration look_interval = milliseconds(500);

Answer<std::size_t> replicas_left(ClusterClient& cluster, std::int32_t broker) {
  FULMAR_TRY(auto all, all_replicas(cluster));
  auto is_there = [&](const auto& entry) { return std::ranges::find(entry.second, broker) != entry.second.end(); };
  return static_cast<std::size_t>(std::ranges::count_if(all, is_there));
}

// Waits until the broker is unregistered, which happens when it has no replicas and no vote any more.
Answer<void> wait_until_gone(const ClientCommand& command, Host& host, ClusterClient& cluster, std::int32_t broker) {
  std::optional<std::size_t> told;
  auto tell = [&](std::size_t left) {
    if (told != left) command.tell("broker " + std::to_string(broker) + " has " + std::to_string(left) + " replicas");
    told = left;
  };
  for (;;) {
    FULMAR_TRY(auto left, replicas_left(cluster, broker));
    tell(left);
    // Repeating the request changes nothing, and returns the controller's answer on whether all is done; the broker
    // that was asked for the remaining replicas may not know yet.
    auto gone = unregister_broker(cluster, broker);
    if (!gone && gone.error().code == ErrorCode::broker_id_not_registered) {
      tell(0);
      return {};
    }
    if (!gone) return gone;
    host.clock().sleep_for(look_interval);
  }
}

}  // namespace

int decommission_command(const std::vector<std::string>& arguments) {
  ClientCommand command("cluster decommission", "BROKER",
                        "Has a broker leave its cluster for good: its replicas are moved to others, then it is\n"
                        "unregistered, and ends if it runs. Shows how many replicas it still has, and ends when it is\n"
                        "gone. Interrupted, it can be run again; the broker goes on leaving in any case.");
  command.options()("no-wait", "end once it has begun");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  auto number = parse_number(command.operand());
  if (!number) return command.wrong("BROKER must be a broker's number, not " + command.operand());
  return command.run([&, broker = *number](Host& host, ClusterClient& cluster) -> Answer<void> {
    auto say = [&](const char* state, const char* sentence) -> Answer<void> {
      if (command.as_json()) return command.print(Json{{"broker", broker}, {"state", state}});
      return print("broker " + std::to_string(broker) + " " + sentence + "\n");
    };
    FULMAR_TRY_VOID(unregister_broker(cluster, broker));
    if (command.given("no-wait")) return say("leaving", "leaves");
    FULMAR_TRY_VOID(wait_until_gone(command, host, cluster, broker));
    return say("left", "has left");
  });
}

}  // namespace fulmar
