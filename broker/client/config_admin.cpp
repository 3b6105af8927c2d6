#include "broker/client/config_admin.h"

#include <algorithm>
#include <cctype>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"

namespace fulmar {

namespace {

std::string name_of(std::optional<std::int32_t> broker) {
  return broker ? std::to_string(*broker) : std::string();
}

// By `broker`, or by the controller.
Answer<void> alter(ClusterClient& cluster, ConfigResource type, const std::string& name, const ConfigChanges& changes,
                   std::optional<std::int32_t> broker = std::nullopt) {
  IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<std::int8_t>(type);
  resource.resource_name = name;
  for (const auto& [property, value] : changes) {
    auto operation = value ? ConfigOperation::set : ConfigOperation::remove;
    resource.configs.push_back({property, static_cast<std::int8_t>(operation), value});
  }
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    if (broker) FULMAR_TRY_VOID(cluster.metadata(std::vector<std::string>()));  // to learn its address
    FULMAR_TRY(auto asked, broker ? cluster.broker(*broker, deadline) : cluster.controller(deadline));
    FULMAR_TRY(auto response, asked->call<IncrementalAlterConfigsResponse>(request, deadline));
    if (response.responses.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& result = response.responses.front();
    if (result.error_code == ErrorCode::none) return {};
    return refuse(result.error_code, result.error_message.value_or(name));
  });
}

constexpr std::int8_t built_in = 5;

// Where a value comes from, by the number that is sent (Kafka's ConfigSource); null: not shown.
const char* origin_of(std::int8_t source) {
  switch (source) {
    case 1: return "topic";
    case 2: return "broker";
    case 3: return "all brokers";
    case 4: return "start";
    case built_in: return "default";
    case 8: return "group";
    default: return nullptr;
  }
}

// With synonyms, from `broker`, or from any.
Answer<DescribeConfigsResponse::Result> describe(ClusterClient& cluster, ConfigResource type, const std::string& name,
                                                 std::optional<std::int32_t> broker) {
  DescribeConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(type), name, std::nullopt});
  request.include_synonyms = true;
  return cluster.retry([&](Deadline deadline) -> Answer<DescribeConfigsResponse::Result> {
    if (broker) FULMAR_TRY_VOID(cluster.metadata(std::vector<std::string>()));  // to learn its address
    FULMAR_TRY(auto asked, broker ? cluster.broker(*broker, deadline) : cluster.any(deadline));
    FULMAR_TRY(auto response, asked->call<DescribeConfigsResponse>(request, deadline));
    if (response.results.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    auto& result = response.results.front();
    if (result.error_code == ErrorCode::none) return std::move(result);
    auto what = (type == ConfigResource::group   ? "group "
                 : type == ConfigResource::topic ? "topic "
                                                 : "broker ") +
                name;
    return refuse(result.error_code, result.error_message.value_or(what));
  });
}

std::vector<EffectiveConfig> effective(DescribeConfigsResponse::Result described) {
  std::vector<EffectiveConfig> all;
  for (auto& config : described.configs) {
    const auto* from = origin_of(config.config_source);
    auto value = config.is_sensitive ? std::nullopt : std::optional(config.value.value_or(""));
    all.push_back({std::move(config.name), std::move(value), from ? from : "", !config.read_only});
  }
  return all;
}

}  // namespace

Answer<void> alter_topic_configs(ClusterClient& cluster, const std::string& topic, const ConfigChanges& changes) {
  return alter(cluster, ConfigResource::topic, topic, changes);
}

Answer<void> alter_broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker,
                                  const ConfigChanges& changes) {
  return alter(cluster, ConfigResource::broker, name_of(broker), changes);
}

Answer<void> alter_group_configs(ClusterClient& cluster, const std::string& group, const ConfigChanges& changes) {
  return alter(cluster, ConfigResource::group, group, changes);
}

Answer<std::map<std::string, std::string>> log_levels(ClusterClient& cluster, std::int32_t broker) {
  FULMAR_TRY(auto described, describe(cluster, ConfigResource::broker_logger, std::to_string(broker), broker));
  std::map<std::string, std::string> levels;
  for (const auto& config : described.configs) levels[config.name] = config.value.value_or("");
  return levels;
}

Answer<void> alter_log_levels(ClusterClient& cluster, std::int32_t broker, const ConfigChanges& changes) {
  auto levels = changes;
  for (auto& [component, level] : levels)
    if (level) std::ranges::transform(*level, level->begin(), [](unsigned char c) { return std::toupper(c); });
  return alter(cluster, ConfigResource::broker_logger, std::to_string(broker), levels, broker);
}

Answer<std::vector<SetConfig>> group_configs(ClusterClient& cluster, const std::string& group) {
  FULMAR_TRY(auto described, describe(cluster, ConfigResource::group, group, std::nullopt));
  std::vector<SetConfig> all;
  for (const auto& config : described.configs)
    for (const auto& synonym : config.synonyms)
      if (const auto* from = origin_of(synonym.source)) all.push_back({config.name, synonym.value.value_or(""), from});
  return all;
}

Answer<std::vector<SetConfig>> broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker) {
  FULMAR_TRY(auto described, describe(cluster, ConfigResource::broker, name_of(broker), broker));
  std::map<std::string, std::vector<SetConfig>> set;
  for (const auto& config : described.configs)
    for (const auto& synonym : config.synonyms)
      if (const auto* from = origin_of(synonym.source);
          from && synonym.source != built_in && synonym.name == config.name)
        set[config.name].push_back({config.name, synonym.value.value_or(""), from});
  std::vector<SetConfig> all;
  for (auto& [name, values] : set) all.insert(all.end(), values.begin(), values.end());
  return all;
}

Answer<std::vector<EffectiveConfig>> effective_topic_configs(ClusterClient& cluster, const std::string& topic) {
  FULMAR_TRY(auto described, describe(cluster, ConfigResource::topic, topic, std::nullopt));
  return effective(std::move(described));
}

Answer<std::vector<EffectiveConfig>> effective_broker_configs(ClusterClient& cluster, std::int32_t broker) {
  FULMAR_TRY(auto described, describe(cluster, ConfigResource::broker, std::to_string(broker), broker));
  return effective(std::move(described));
}

}  // namespace fulmar
