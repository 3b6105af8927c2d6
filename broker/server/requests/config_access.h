// Whether a client may see or change the configuration of a topic, a group or the brokers.
#pragma once

#include <cstdint>
#include <string>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/server/requests/access.h"

namespace fulmar {

// `operation`: DESCRIBE_CONFIGS or ALTER_CONFIGS, on the topic or group, or for anything else on the cluster. Returns
// the error of a client that may not; NONE: it may. Types that have no configurations are left to the handler.
inline ErrorCode config_access(Access& access, AclOperation operation, std::int8_t type, const std::string& name) {
  switch (static_cast<ConfigResource>(type)) {
    case ConfigResource::topic:
      return access.may_on_topic(operation, name) ? ErrorCode::none : ErrorCode::topic_authorization_failed;
    case ConfigResource::group:
      return access.may_on_group(operation, name) ? ErrorCode::none : ErrorCode::group_authorization_failed;
    default: return access.may_on_cluster(operation) ? ErrorCode::none : ErrorCode::cluster_authorization_failed;
  }
}

}  // namespace fulmar
