// DescribeConfigs: every property of a topic, of the broker or of a group, its value, and where the value comes from.
#include <algorithm>
#include <set>

#include "broker/cluster/group_config.h"
#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/server/requests/broker_loggers.h"
#include "broker/server/requests/config_access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using Described = DescribeConfigsResponse::Result;

// One request may ask for the same names again and again, a few bytes each. So many values, with those they stand in
// for, is what 5,000 topics have.
constexpr std::size_t values_max = 500'000;
constexpr Duration describe_value_work = microseconds(1);
constexpr std::int64_t value_bytes = 250;  // in memory, about

// `in_force`: the value in force; `values`: all values that are set, and the default, in order of precedence.
void describe(Described& result, const DescribeConfigsRequest& request, const PropertyInfo& info,
              const ConfigValue& in_force, const std::vector<ConfigValue>& values, bool read_only) {
  auto& out = result.configs.emplace_back();
  out.name = info.name;
  if (in_force.given) out.value = in_force.value;
  out.read_only = read_only;
  out.config_source = static_cast<std::int8_t>(in_force.source);
  out.is_default = in_force.source == ConfigSource::built_in;
  out.config_type = static_cast<std::int8_t>(info.type);
  if (request.include_documentation) out.documentation = std::string(info.doc);
  if (!request.include_synonyms) return;
  // The default of a property without a broker default has no name of its own.
  bool nameless = find_property(topic_properties(), info.name) == &info && broker_defaults_of(info.name).empty();
  for (const auto& value : values)
    if (value.given && !(nameless && value.source == ConfigSource::built_in))
      out.synonyms.push_back({value.name, value.given, static_cast<std::int8_t>(value.source)});
}

// The properties that are asked for of a resource.
class Wanted {
 public:
  explicit Wanted(const DescribeConfigsRequest::Resource& resource) : all_(!resource.configuration_keys) {
    if (!all_) names_ = {resource.configuration_keys->begin(), resource.configuration_keys->end()};
  }
  bool has(std::string_view name) const { return all_ || names_.contains(name); }

 private:
  bool all_;
  std::set<std::string_view> names_;
};

void refuse(Described& result, ErrorCode code, std::string why) {
  result.error_code = code;
  result.error_message = std::move(why);
}

void describe_topic(BrokerShard& shard, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& resource, Described& result) {
  const auto* topic = shard.image()->topic(resource.resource_name);
  if (!topic) {
    auto wrong = invalid_topic_name(resource.resource_name);
    if (wrong) return refuse(result, ErrorCode::invalid_topic_exception, "Topic name is invalid: " + *wrong);
    return refuse(result, ErrorCode::unknown_topic_or_partition, "This server does not host this topic.");
  }
  Wanted wanted(resource);
  for (const auto& info : topic_properties())
    if (wanted.has(info.name)) {
      auto values = config_values(info, topic->configs, shard.config_layers());
      describe(result, request, info, values.front(), values, false);
    }
}

// All values of a broker property in order of precedence, then those of the properties that replace it if it is not
// set.
std::vector<ConfigValue> broker_values(const PropertyInfo& info, const BrokerLayers& layers) {
  std::vector<ConfigValue> values;
  auto names = broker_synonyms(info.name);
  for (auto [layer, source] : {std::pair{layers.own, ConfigSource::dynamic_broker},
                               {layers.all, ConfigSource::dynamic_default_broker},
                               {layers.started, ConfigSource::static_broker}})
    for (auto name : names)
      if (auto set = layer->find(name); set != layer->end())
        values.push_back({std::string(name), set->second, set->second, source});
  for (auto name : names) {
    std::string built_in(find_broker_property(name)->default_value);
    auto given = built_in.empty() ? std::nullopt : std::optional(built_in);
    values.push_back({std::string(name), given, built_in, ConfigSource::built_in});
  }
  return values;
}

void describe_broker(BrokerShard& shard, const DescribeConfigsRequest& request,
                     const DescribeConfigsRequest::Resource& resource, Described& result) {
  auto layers = shard.config_layers();
  Wanted wanted(resource);
  if (resource.resource_name.empty()) {  // what is set for all brokers
    for (const auto& [name, value] : *layers.all)
      if (wanted.has(name)) {
        ConfigValue set{name, value, value, ConfigSource::dynamic_default_broker};
        describe(result, request, *find_broker_property(name), set, {set}, false);
      }
    return;
  }
  auto id = parse_integer(resource.resource_name);
  if (!id)
    return refuse(result, ErrorCode::invalid_request,
                  "Broker id must be an integer, but it is: " + resource.resource_name);
  auto self = shard.config().node_id;
  if (*id != self)
    return refuse(result, ErrorCode::invalid_request,
                  "Unexpected broker id, expected " + std::to_string(self) + " or empty string, but received " +
                      resource.resource_name);
  auto one = [&](const PropertyInfo& info) {
    if (!wanted.has(info.name) || info.effect == Effect::refused) return;
    auto values = broker_values(info, layers);
    // The value under its own name is in force; the others are synonyms.
    auto own = std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.name == info.name; });
    describe(result, request, info, *own, values, !is_dynamic(info.name));
  };
  for (const auto& info : broker_properties()) one(info);
  for (const auto& info : unserved_broker_properties()) one(info);
}

// Of any group, whether there is one of that name or not: a group is configured before its first member comes, too.
void describe_group(BrokerShard& shard, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& resource, Described& result) {
  if (resource.resource_name.empty()) return refuse(result, ErrorCode::invalid_request, "Group name must not be empty");
  const auto image = shard.image();
  Wanted wanted(resource);
  for (const auto& info : group_properties())
    if (wanted.has(info.name)) {
      auto values = group_config_values(info, image->configs_of_group(resource.resource_name), shard.config_layers());
      describe(result, request, info, values.front(), values, false);
    }
}

}  // namespace

Result<ByteChain> handle_describe_configs(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeConfigsRequest>());
  DescribeConfigsResponse response;
  ResponseRoom room(shard);
  std::size_t values = 0;
  Access access(shard, call);
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    if (values >= values_max) {
      refuse(result, ErrorCode::invalid_request, "too many resources for one response: ask for fewer at a time");
      continue;
    }
    auto denied = config_access(access, AclOperation::describe_configs, resource.resource_type, resource.resource_name);
    if (denied != ErrorCode::none) {
      refuse(result, denied, "not authorized to see these configurations");
      continue;
    }
    switch (static_cast<ConfigResource>(resource.resource_type)) {
      case ConfigResource::topic: describe_topic(shard, request, resource, result); break;
      case ConfigResource::broker: describe_broker(shard, request, resource, result); break;
      case ConfigResource::group: describe_group(shard, request, resource, result); break;
      case ConfigResource::broker_logger: describe_loggers(shard, resource, result); break;
      default:
        refuse(result, ErrorCode::invalid_request, "only topics, brokers, loggers and groups have configurations here");
        break;
    }
    auto described = result.configs.size();
    for (const auto& config : result.configs) described += config.synonyms.size();
    values += described;
    room.take(value_bytes * static_cast<std::int64_t>(1 + described));
    work_in_slices(describe_value_work * static_cast<std::int64_t>(1 + described));
  }
  return call.answer(response);
}

}  // namespace fulmar
