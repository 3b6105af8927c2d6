#include "broker/client/config_admin.h"

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"

namespace fulmar {

namespace {

std::string name_of(std::optional<std::int32_t> broker) {
  return broker ? std::to_string(*broker) : std::string();
}

Answer<void> alter(ClusterClient& cluster, ConfigResource type, const std::string& name, const ConfigChanges& changes) {
  IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<std::int8_t>(type);
  resource.resource_name = name;
  for (const auto& [property, value] : changes) {
    auto operation = value ? ConfigOperation::set : ConfigOperation::remove;
    resource.configs.push_back({property, static_cast<std::int8_t>(operation), value});
  }
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<IncrementalAlterConfigsResponse>(request, deadline));
    if (response.responses.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& result = response.responses.front();
    if (result.error_code == ErrorCode::none) return {};
    return refuse(result.error_code, result.error_message.value_or(name));
  });
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

Answer<std::vector<SetConfig>> group_configs(ClusterClient& cluster, const std::string& group) {
  static const std::map<std::int8_t, std::string> sources{
      {2, "broker"}, {3, "all brokers"}, {4, "start"}, {5, "default"}, {8, "group"}};
  DescribeConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(ConfigResource::group), group, std::nullopt});
  request.include_synonyms = true;
  return cluster.retry([&](Deadline deadline) -> Answer<std::vector<SetConfig>> {
    FULMAR_TRY(auto asked, cluster.any(deadline));
    FULMAR_TRY(auto response, asked->call<DescribeConfigsResponse>(request, deadline));
    if (response.results.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& result = response.results.front();
    if (result.error_code != ErrorCode::none)
      return refuse(result.error_code, result.error_message.value_or("group " + group));
    std::vector<SetConfig> all;
    for (const auto& config : result.configs)
      for (const auto& synonym : config.synonyms)
        if (auto from = sources.find(synonym.source); from != sources.end())
          all.push_back({config.name, synonym.value.value_or(""), from->second});
    return all;
  });
}

Answer<std::vector<SetConfig>> broker_configs(ClusterClient& cluster, std::optional<std::int32_t> broker) {
  static const std::map<std::int8_t, std::string> sources{{2, "broker"}, {3, "all brokers"}, {4, "start"}};
  DescribeConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(ConfigResource::broker), name_of(broker), std::nullopt});
  request.include_synonyms = true;
  return cluster.retry([&](Deadline deadline) -> Answer<std::vector<SetConfig>> {
    if (broker) FULMAR_TRY_VOID(cluster.metadata(std::vector<std::string>()));  // to learn its address
    FULMAR_TRY(auto asked, broker ? cluster.broker(*broker, deadline) : cluster.any(deadline));
    FULMAR_TRY(auto response, asked->call<DescribeConfigsResponse>(request, deadline));
    if (response.results.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    const auto& result = response.results.front();
    if (result.error_code != ErrorCode::none)
      return refuse(result.error_code, result.error_message.value_or("broker " + name_of(broker)));
    std::map<std::string, std::vector<SetConfig>> set;
    for (const auto& config : result.configs)
      for (const auto& synonym : config.synonyms)
        if (auto from = sources.find(synonym.source); from != sources.end() && synonym.name == config.name)
          set[config.name].push_back({config.name, synonym.value.value_or(""), from->second});
    std::vector<SetConfig> all;
    for (auto& [name, values] : set) all.insert(all.end(), values.begin(), values.end());
    return all;
  });
}

}  // namespace fulmar
