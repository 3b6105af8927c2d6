// DescribeConfigs: every property of a topic or of the broker, its value, and where the value comes from.
#include <algorithm>

#include "broker/cluster/topic_config.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"

namespace fulmar {

namespace {

constexpr std::int8_t topic_resource = 2;
constexpr std::int8_t broker_resource = 4;

using Described = DescribeConfigsResponse::Result;

// A property's possible values, the one in force first.
void describe(Described& result, const DescribeConfigsRequest& request, const PropertyInfo& info,
              const std::vector<ConfigValue>& values, bool read_only) {
  auto& out = result.configs.emplace_back();
  out.name = info.name;
  if (values.front().given) out.value = values.front().value;
  out.read_only = read_only;
  out.config_source = static_cast<std::int8_t>(values.front().source);
  out.is_default = values.front().source == ConfigSource::built_in;
  out.config_type = static_cast<std::int8_t>(info.type);
  if (request.include_documentation) out.documentation = std::string(info.doc);
  if (!request.include_synonyms) return;
  for (const auto& value : values)
    out.synonyms.push_back({value.name, value.given, static_cast<std::int8_t>(value.source)});
}

bool wanted(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
  if (!resource.configuration_keys) return true;
  const auto& keys = *resource.configuration_keys;
  return std::find(keys.begin(), keys.end(), name) != keys.end();
}

void describe_topic(BrokerShard& shard, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& resource, Described& result) {
  const auto* topic = shard.image()->topic(resource.resource_name);
  if (!topic) {
    result.error_code = ErrorCode::unknown_topic_or_partition;
    result.error_message = "This server does not host this topic.";
    return;
  }
  for (const auto& info : topic_properties())
    if (wanted(resource, info.name))
      describe(result, request, info, config_values(info, topic->configs, shard.config().properties), false);
}

void describe_broker(BrokerShard& shard, const DescribeConfigsRequest& request,
                     const DescribeConfigsRequest::Resource& resource, Described& result) {
  if (resource.resource_name.empty()) return;  // what is set for all brokers at once: nothing can be
  if (resource.resource_name != std::to_string(shard.config().node_id)) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message = "Unexpected broker id, expected " + std::to_string(shard.config().node_id) +
                           ", but received " + resource.resource_name;
    return;
  }
  const auto& broker = shard.config().properties;
  for (const auto& info : broker_properties()) {
    if (!wanted(resource, info.name)) continue;
    std::vector<ConfigValue> values;
    std::string name(info.name);
    if (auto set = broker.find(name); set != broker.end())
      values.push_back({name, set->second, set->second, ConfigSource::static_broker});
    std::string built_in(info.default_value);
    auto given = built_in.empty() ? std::nullopt : std::optional(built_in);
    values.push_back({name, given, built_in, ConfigSource::built_in});
    describe(result, request, info, values, true);
  }
}

}  // namespace

Result<ByteChain> handle_describe_configs(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<DescribeConfigsRequest>(body, header.api_version));
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    if (resource.resource_type == topic_resource) {
      describe_topic(shard, request, resource, result);
    } else if (resource.resource_type == broker_resource) {
      describe_broker(shard, request, resource, result);
    } else {
      result.error_code = ErrorCode::invalid_request;
      result.error_message = "only topics and brokers have configurations here";
    }
  }
  return response_frame(response, header.api_version, header.correlation_id);
}

}  // namespace fulmar
