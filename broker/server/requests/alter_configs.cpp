// AlterConfigs, IncrementalAlterConfigs: changes the dynamic properties of topics, brokers and groups, which the
// metadata keeps (KIP-133, KIP-226, KIP-339). And ListConfigResources.
#include "broker/protocol/messages/alter_configs.h"

#include <algorithm>
#include <set>
#include <utility>

#include "broker/cluster/group_config.h"
#include "broker/cluster/topic_config.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/broker_loggers.h"
#include "broker/server/requests/config_access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration plan_change_work = microseconds(2);  // of a property

using Resource = IncrementalAlterConfigsRequest::Resource;
using Result = AlterConfigsResponse::Result;
using Refused = std::unexpected<std::pair<ErrorCode, std::string>>;
template <class T>
using Planned = std::expected<T, std::pair<ErrorCode, std::string>>;

Refused refuse(ErrorCode code, std::string why) {
  return Refused(std::pair(code, std::move(why)));
}

bool is(const Resource& resource, ConfigResource type) {
  return resource.resource_type == static_cast<std::int8_t>(type);
}
bool is(const Resource::Config& change, ConfigOperation operation) {
  return change.operation == static_cast<std::int8_t>(operation);
}

// Appends elements to a list, or removes them from it.
std::string changed_list(std::string_view list, const Resource::Config& change) {
  auto elements = split_list(list);
  for (auto element : split_list(*change.value)) {
    auto found = std::find(elements.begin(), elements.end(), element);
    if (is(change, ConfigOperation::subtract)) {
      if (found != elements.end()) elements.erase(found);
    } else if (found == elements.end()) {
      elements.push_back(element);
    }
  }
  return join_list(elements);
}

// Checks that apply to every kind of resource, before anything is looked up.
Planned<void> check_form(const Resource& resource) {
  std::set<std::string_view> names;
  for (const auto& change : resource.configs) {
    if (change.operation < static_cast<std::int8_t>(ConfigOperation::set) ||
        change.operation > static_cast<std::int8_t>(ConfigOperation::subtract))
      return refuse(ErrorCode::invalid_request, "Unknown operation type " + std::to_string(change.operation));
    if (!change.value && !is(change, ConfigOperation::remove))
      return refuse(ErrorCode::invalid_request, "Null value not supported for : " + change.name);
    if (!names.insert(change.name).second)
      return refuse(ErrorCode::invalid_request, "Error due to duplicate config keys");
  }
  return {};
}

// Applies the changes to the properties that are set. `base`: the value of a list that is not set.
template <class Base>
Planned<Properties> changed(Properties set, const Resource& resource, const PropertyInfo* (*find)(std::string_view),
                            Base&& base) {
  for (const auto& change : resource.configs) {
    if (is(change, ConfigOperation::remove)) {
      set.erase(change.name);
      continue;
    }
    auto value = *change.value;
    if (!is(change, ConfigOperation::set)) {
      const auto* info = find(change.name);
      if (!info || info->type != PropertyType::list)
        return refuse(ErrorCode::invalid_config, std::string("Can't ") +
                                                     (is(change, ConfigOperation::append) ? "APPEND" : "SUBTRACT") +
                                                     " to key " + change.name + " because its type is not LIST.");
      auto known = set.find(change.name);
      value = changed_list(known == set.end() ? base(*info) : known->second, change);
    }
    set.insert_or_assign(change.name, std::move(value));
  }
  return set;
}

// Whether records are acknowledged from stable storage or from the page cache is fixed when a topic is created: while
// replicas of a group differed in it, it could count on records that a power loss takes.
Planned<void> check_alteration(const Properties& before, const Properties& after, const Properties& broker) {
  if (log_config_of(before, broker).acknowledges_synced() == log_config_of(after, broker).acknowledges_synced())
    return {};
  return refuse(ErrorCode::invalid_config,
                "flush.messages decides when a topic is made whether its records are acknowledged from stable storage "
                "(1) or from the page cache (more); it can't be changed from one to the other");
}

Planned<MetadataRecord> plan_topic(const Draft& draft, const Resource& resource, bool replaces) {
  if (resource.resource_name.empty())
    return refuse(ErrorCode::invalid_request, "Default topic resources are not allowed.");
  const auto* topic = draft.image.topic(resource.resource_name);
  static const Properties nothing_set;
  const auto& known = topic ? topic->configs : nothing_set;
  auto find = [](std::string_view name) { return find_property(topic_properties(), name); };
  auto base = [&](const PropertyInfo& info) {
    return config_values(info, {}, draft.shard.config_layers()).front().value;
  };
  auto set = changed(replaces ? Properties() : known, resource, find, base);
  if (!set) return std::unexpected(set.error());
  auto checked = checked_topic_properties(*set);
  if (!checked) return refuse(ErrorCode::invalid_config, checked.error().detail);
  if (!topic)
    return refuse(ErrorCode::unknown_topic_or_partition, "The topic '" + resource.resource_name + "' does not exist.");
  if (auto may = check_alteration(known, *checked, draft.shard.properties()); !may) return std::unexpected(may.error());
  return TopicConfigsRecord{topic->id, std::move(*checked)};
}

// The broker with that name; `all_brokers` for an empty name.
Planned<std::int32_t> broker_of(const Draft& draft, const std::string& name) {
  if (name.empty()) return all_brokers;
  auto id = parse_integer(name);
  if (!id) return refuse(ErrorCode::invalid_request, "Node id must be an integer, but it is: " + name);
  auto self = draft.shard.broker().self.broker;
  for (const auto& [broker, image] : draft.image.brokers)
    if (broker == *id) return broker;
  if (*id == self) return self;
  return refuse(ErrorCode::invalid_request,
                "Unexpected broker id, expected " + std::to_string(self) + " or empty string, but received " + name);
}

Planned<MetadataRecord> plan_broker(const Draft& draft, const Resource& resource, bool replaces) {
  auto broker = broker_of(draft, resource.resource_name);
  if (!broker) return std::unexpected(broker.error());
  std::set<std::string> fixed;
  for (const auto& change : resource.configs)
    if (!is(change, ConfigOperation::remove) && find_broker_property(change.name) && !is_dynamic(change.name))
      fixed.insert(change.name);
  if (!fixed.empty()) {
    std::string names;
    for (const auto& name : fixed) names += (names.empty() ? "" : ", ") + name;
    return refuse(ErrorCode::invalid_request, "Cannot update these configs dynamically: [" + names + "]");
  }
  const auto& known = draft.image.configs_of(*broker);
  auto base = [&](const PropertyInfo& info) {
    auto in_force = draft.shard.properties();
    auto found = in_force.find(info.name);
    return found == in_force.end() ? std::string(info.default_value) : found->second;
  };
  auto set = changed(replaces ? Properties() : known, resource, find_broker_property, base);
  if (!set) return std::unexpected(set.error());
  auto checked = checked_broker_properties(*set);
  if (!checked) return refuse(ErrorCode::invalid_request, checked.error().detail);
  return BrokerConfigsRecord{*broker, std::move(*checked)};
}

Planned<MetadataRecord> plan_group(const Draft& draft, const Resource& resource, bool replaces) {
  if (resource.resource_name.empty())
    return refuse(ErrorCode::invalid_request, "Default group resources are not allowed.");
  if (level_of(draft.image.features, metadata_version) < metadata_with_group_configs)
    return refuse(ErrorCode::unsupported_version, "groups have configurations from metadata.version " +
                                                      std::to_string(metadata_with_group_configs) +
                                                      " on: brokers of an earlier release could not read them");
  auto find = [](std::string_view name) { return find_property(group_properties(), name); };
  auto base = [](const PropertyInfo& info) { return std::string(info.default_value); };
  auto known = draft.image.configs_of_group(resource.resource_name);
  auto set = changed(replaces ? Properties() : known, resource, find, base);
  if (!set) return std::unexpected(set.error());
  auto checked = checked_group_properties(*set, draft.shard.properties());
  if (!checked) return refuse(ErrorCode::invalid_config, checked.error().detail);
  return GroupConfigsRecord{resource.resource_name, std::move(*checked)};
}

Planned<MetadataRecord> plan(const Draft& draft, const Resource& resource, bool replaces) {
  if (!draft.controls()) return refuse(ErrorCode::not_controller, no_controller_message);
  if (auto form = check_form(resource); !form) return std::unexpected(form.error());
  if (is(resource, ConfigResource::topic)) return plan_topic(draft, resource, replaces);
  if (is(resource, ConfigResource::broker)) return plan_broker(draft, resource, replaces);
  if (is(resource, ConfigResource::group)) return plan_group(draft, resource, replaces);
  if (is(resource, ConfigResource::broker_logger))
    return refuse(ErrorCode::invalid_request, "loggers are changed by a request that names nothing else");
  if (is(resource, ConfigResource::client_metrics))
    return refuse(ErrorCode::invalid_request, "client metrics have no configurations here");
  return refuse(ErrorCode::invalid_request, "Unknown resource type " + std::to_string(resource.resource_type));
}

bool changes_nothing(const MetadataImage& image, const MetadataRecord& record) {
  if (const auto* topic = std::get_if<TopicConfigsRecord>(&record)) {
    const auto* known = image.topic(image.topic_name(topic->topic_id));
    return known && known->configs == topic->configs;
  }
  if (const auto* group = std::get_if<GroupConfigsRecord>(&record))
    return image.configs_of_group(group->group) == group->configs;
  const auto& broker = std::get<BrokerConfigsRecord>(record);
  return image.configs_of(broker.broker) == broker.configs;
}

std::string what_is_set(const MetadataRecord& record) {
  const auto* topic = std::get_if<TopicConfigsRecord>(&record);
  const auto* group = std::get_if<GroupConfigsRecord>(&record);
  std::string text;
  for (const auto& [name, value] : topic   ? topic->configs
                                   : group ? group->configs
                                           : std::get<BrokerConfigsRecord>(record).configs)
    text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

// Each resource is changed as a whole or not at all, independently of the others. `replaces`: properties that are not
// named are unset.
std::vector<Result> alter(BrokerShard& shard, const Request& call, const std::vector<Resource>& resources,
                          bool replaces, bool validate_only) {
  std::vector<Result> results;
  std::map<std::pair<std::int8_t, std::string_view>, int> times;
  for (const auto& resource : resources) ++times[{resource.resource_type, resource.resource_name}];
  change_metadata(shard, [&](Draft& draft) {
    Access access(draft.shard, call);
    std::vector<std::pair<std::string, std::string>> news;
    for (const auto& resource : resources) {
      work_in_slices(plan_change_work * static_cast<std::int64_t>(1 + resource.configs.size()));
      auto& result = results.emplace_back();
      result.resource_type = resource.resource_type;
      result.resource_name = resource.resource_name;
      bool repeated = times[{resource.resource_type, resource.resource_name}] > 1;
      auto denied = config_access(access, AclOperation::alter_configs, resource.resource_type, resource.resource_name);
      auto planned = denied != ErrorCode::none ? refuse(denied, "not authorized to change these configurations")
                     : repeated ? refuse(ErrorCode::invalid_request, "Each resource must appear at most once.")
                                : plan(draft, resource, replaces);
      if (!planned) {
        result.error_code = planned.error().first;
        result.error_message = planned.error().second;
        continue;
      }
      if (changes_nothing(draft.image, *planned)) continue;
      auto of = is(resource, ConfigResource::topic)   ? "topic " + resource.resource_name
                : is(resource, ConfigResource::group) ? "group " + resource.resource_name
                : resource.resource_name.empty()      ? std::string("all brokers")
                                                      : "broker " + resource.resource_name;
      news.emplace_back(std::move(of), what_is_set(*planned));
      draft.add(std::move(*planned));
    }
    if (validate_only) return;
    auto error = draft.commit();
    for (auto& result : results)
      if (result.error_code == ErrorCode::none) result.error_code = error;
    if (error != ErrorCode::none) return;
    for (const auto& [of, set] : news) draft.shard.log().info("configuration changed", {{"of", of}, {"set", set}});
  });
  return results;
}

}  // namespace

fulmar::Result<ByteChain> handle_incremental_alter_configs(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<IncrementalAlterConfigsRequest>());
  if (are_loggers(request)) {
    Access access(shard, call);
    return call.answer(alter_loggers(shard, access, request));
  }
  IncrementalAlterConfigsResponse response;
  response.responses = alter(shard, call, request.resources, false, request.validate_only);
  return call.answer(response);
}

fulmar::Result<ByteChain> handle_alter_configs(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AlterConfigsRequest>());
  std::vector<Resource> resources;
  for (auto& asked : request.resources) {
    auto& resource = resources.emplace_back(Resource{asked.resource_type, std::move(asked.resource_name), {}});
    for (auto& config : asked.configs) resource.configs.push_back({std::move(config.name), 0, std::move(config.value)});
  }
  AlterConfigsResponse response;
  response.responses = alter(shard, call, resources, true, request.validate_only);
  return call.answer(response);
}

fulmar::Result<ByteChain> handle_list_config_resources(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ListConfigResourcesRequest>());
  ListConfigResourcesResponse response;
  constexpr std::int16_t before_types = 0;  // this version asks for client metrics resources, of which there are none
  auto& wanted = request.resource_types;
  std::set<std::int8_t> known;
  for (auto type : {ConfigResource::topic, ConfigResource::broker, ConfigResource::broker_logger,
                    ConfigResource::client_metrics, ConfigResource::group})
    known.insert(static_cast<std::int8_t>(type));
  if (std::any_of(wanted.begin(), wanted.end(), [&](auto type) { return !known.contains(type); })) {
    response.error_code = ErrorCode::unsupported_version;
    return call.answer(response);
  }
  auto asked = [&](ConfigResource type) {
    auto number = static_cast<std::int8_t>(type);
    return call.version() > before_types &&
           (wanted.empty() || std::find(wanted.begin(), wanted.end(), number) != wanted.end());
  };
  auto add = [&](ConfigResource type, std::string name) {
    response.config_resources.push_back({std::move(name), static_cast<std::int8_t>(type)});
  };
  const auto image = shard.image();
  for (auto type : {ConfigResource::broker, ConfigResource::broker_logger}) {
    if (!asked(type)) continue;
    if (image->brokers.empty()) add(type, std::to_string(shard.broker().self.broker));
    for (const auto& [id, broker] : image->brokers) add(type, std::to_string(id));
  }
  if (asked(ConfigResource::topic))
    for (const auto& [name, topic] : image->topics) add(ConfigResource::topic, name);
  if (asked(ConfigResource::group))
    for (const auto& [name, configs] : image->group_configs) add(ConfigResource::group, name);
  return call.answer(response);
}

}  // namespace fulmar
