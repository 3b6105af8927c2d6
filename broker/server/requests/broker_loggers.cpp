#include "broker/server/requests/broker_loggers.h"

#include <algorithm>
#include <expected>
#include <map>
#include <utility>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/server/requests/config_access.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int8_t dynamic_broker_logger = 6;  // where the value comes from, as numbered by the protocol
constexpr Duration change_level_work = microseconds(1);

using Resource = IncrementalAlterConfigsRequest::Resource;
using Refused = std::unexpected<std::pair<ErrorCode, std::string>>;
using Levels = std::map<std::string, std::optional<LogLevel>>;
using Planned = std::expected<Levels, std::pair<ErrorCode, std::string>>;

Refused refuse(ErrorCode code, std::string why) {
  return Refused(std::pair(code, std::move(why)));
}

bool is_logger(const Resource& resource) {
  return resource.resource_type == static_cast<std::int8_t>(ConfigResource::broker_logger);
}

bool names_this_broker(const BrokerShard& shard, const std::string& name) {
  auto id = parse_integer(name);
  return id && *id == shard.config().node_id;
}

std::string unexpected_broker(const BrokerShard& shard, const std::string& name) {
  return "Unexpected broker id, expected " + std::to_string(shard.config().node_id) + " but received " + name;
}

std::string valid_levels() {
  std::string names;
  for (auto level :
       {LogLevel::debug, LogLevel::error, LogLevel::fatal, LogLevel::info, LogLevel::trace, LogLevel::warn})
    names += (names.empty() ? "" : ", ") + std::string(log_level_name(level));
  return names;
}

Planned plan(const BrokerShard& shard, const LogLevels& levels, const Resource& resource) {
  if (!names_this_broker(shard, resource.resource_name))
    return refuse(ErrorCode::invalid_request, unexpected_broker(shard, resource.resource_name));
  Levels wanted;
  for (const auto& change : resource.configs) {
    auto operation = static_cast<ConfigOperation>(change.operation);
    if (operation != ConfigOperation::set && operation != ConfigOperation::remove) {
      auto known = operation == ConfigOperation::append || operation == ConfigOperation::subtract;
      auto name = operation == ConfigOperation::append ? "APPEND" : "SUBTRACT";
      return refuse(ErrorCode::invalid_request,
                    known ? std::string(name) + " operation is not allowed for the BROKER_LOGGER resource"
                          : "Unknown operation type " + std::to_string(change.operation));
    }
    if (!levels.has(change.name))
      return refuse(ErrorCode::invalid_config, "Logger " + change.name + " does not exist!");
    std::optional<LogLevel> level;
    if (operation == ConfigOperation::set) {
      if (!change.value) return refuse(ErrorCode::invalid_request, "Null value not supported for : " + change.name);
      level = parse_log_level(*change.value);
      if (!level || *change.value != log_level_name(*level))  // as in Kafka not in lower case
        return refuse(ErrorCode::invalid_config, "Cannot set the log level of " + change.name + " to " + *change.value +
                                                     " as it is not a supported log level. Valid log levels are " +
                                                     valid_levels());
    } else if (change.name == LogLevels::root) {
      return refuse(ErrorCode::invalid_request, "Removing the log level of the root logger is not allowed");
    }
    if (!wanted.emplace(change.name, level).second)
      return refuse(ErrorCode::invalid_request, "Error due to duplicate config keys");
  }
  return wanted;
}

}  // namespace

bool are_loggers(const IncrementalAlterConfigsRequest& request) {
  return !request.resources.empty() && std::all_of(request.resources.begin(), request.resources.end(), is_logger);
}

void describe_loggers(BrokerShard& shard, const DescribeConfigsRequest::Resource& resource,
                      DescribeConfigsResponse::Result& result) {
  if (!names_this_broker(shard, resource.resource_name)) {
    result.error_code = ErrorCode::invalid_request;
    result.error_message = unexpected_broker(shard, resource.resource_name);
    return;
  }
  result.error_message = "";
  const auto& wanted = resource.configuration_keys;
  for (const auto& logger : shard.host().log().levels().all()) {
    if (wanted && std::find(wanted->begin(), wanted->end(), logger.name) == wanted->end()) continue;
    auto& out = result.configs.emplace_back();
    out.name = logger.name;
    out.value = log_level_name(logger.level);
    out.config_source = dynamic_broker_logger;
    out.documentation = "";
  }
}

IncrementalAlterConfigsResponse alter_loggers(BrokerShard& shard, Access& access,
                                              const IncrementalAlterConfigsRequest& request) {
  auto& levels = shard.host().log().levels();
  IncrementalAlterConfigsResponse response;
  std::map<std::string_view, int> times;
  for (const auto& resource : request.resources) ++times[resource.resource_name];
  for (const auto& resource : request.resources) {
    work_in_slices(change_level_work * static_cast<std::int64_t>(1 + resource.configs.size()));
    auto& result = response.responses.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    auto denied = config_access(access, AclOperation::alter_configs, resource.resource_type, resource.resource_name);
    Planned planned = denied != ErrorCode::none ? refuse(denied, "not authorized to change these configurations")
                      : times[resource.resource_name] > 1
                          ? refuse(ErrorCode::invalid_request, "Each resource must appear at most once.")
                          : plan(shard, levels, resource);
    if (!planned) {
      result.error_code = planned.error().first;
      result.error_message = planned.error().second;
      continue;
    }
    if (request.validate_only) continue;
    for (const auto& [name, level] : *planned) {
      // Before, so that the log itself says why it falls silent.
      shard.log().info("log level changed",
                       {{"component", name}, {"level", level ? log_level_name(*level) : "root's"}});
      levels.set(name, level);
    }
  }
  return response;
}

}  // namespace fulmar
