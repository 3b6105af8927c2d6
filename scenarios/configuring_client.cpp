// A client that reconfigures topics while they are used, without changing the guarantees that checkers verify; at the
// end, acknowledged changes are compared with what brokers show.
#include <set>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration shown_max = seconds(20);  // for acknowledged changes to be shown by the broker that is asked

using Key = std::pair<std::string, std::string>;  // a topic and a property

// A value of that property that changes no guarantee.
std::string choose_value(Random& random, const std::string& property) {
  if (property == "segment.bytes") return std::to_string(std::int64_t{1} << random.between(9, 20));
  if (property == "max.message.bytes") return std::to_string(std::int64_t{1} << random.between(17, 22));
  if (property == "min.insync.replicas") return std::to_string(random.between(1, 2));
  if (property == "index.interval.bytes") return std::to_string(std::int64_t{1} << random.between(4, 12));
  return std::to_string(random.between(1000, 100'000));
}

}  // namespace

void configure_topics(Host& host, Workload& workload) {
  static const std::vector<std::string> properties{"segment.bytes", "max.message.bytes", "min.insync.replicas",
                                                   "index.interval.bytes", "segment.ms"};
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  // The possible values: the last that was acknowledged, and all without a response, since those may take effect late.
  struct Asked {
    std::optional<std::string> acknowledged;
    std::set<std::string> unanswered;
  };
  std::map<Key, Asked> asked;
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::config_pace_ms));
    auto tp = pick_partition(random, workload);
    auto property = properties[random.below(properties.size())];
    auto value = choose_value(random, property);
    IncrementalAlterConfigsRequest request;
    request.resources.push_back({static_cast<std::int8_t>(ConfigResource::topic), tp.topic, {{property, 0, value}}});
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    auto connection = brokers.any(deadline);
    if (!connection) continue;
    auto answered = (*connection)->call<IncrementalAlterConfigsResponse>(request, deadline);
    if (!answered) (*connection)->abort();
    bool done = answered && answered->responses.size() == 1 && answered->responses[0].error_code == ErrorCode::none;
    auto& known = asked[{tp.topic, property}];
    if (done)
      known.acknowledged = value;
    else
      known.unanswered.insert(value);
  }
  auto give_up = host.clock().now() + shown_max;
  for (const auto& [key, known] : asked) {
    const auto& [topic, property] = key;
    if (!known.acknowledged) continue;
    DescribeConfigsRequest request;
    request.resources.push_back({static_cast<std::int8_t>(ConfigResource::topic), topic, {{property}}});
    std::string shown;
    auto is_right = [&] {
      auto deadline = host.clock().deadline_in(workload.request_timeout);
      auto connection = brokers.any(deadline);
      if (!connection) return false;
      auto answered = (*connection)->call<DescribeConfigsResponse>(request, deadline);
      if (!answered || answered->results.size() != 1 || answered->results[0].configs.size() != 1) return false;
      shown = answered->results[0].configs[0].value.value_or("");
      return shown == *known.acknowledged || known.unanswered.contains(shown);
    };
    bool right = is_right();
    while (!right && host.clock().now() < give_up) {
      pause(host, random, 500);
      right = is_right();
    }
    if (right || shown.empty()) continue;
    workload.seen.push_back(
        {"configuration", "lost-config",
         topic + "'s " + property + " is " + shown + ", and " + *known.acknowledged + " was acknowledged",
         host.clock().now()});
  }
}

}  // namespace fulmar
