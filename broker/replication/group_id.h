// GroupId: identifies a Raft group: a partition of a topic, or the cluster's metadata.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "broker/protocol/uuid.h"

namespace fulmar {

struct GroupId {
  Uuid topic;
  std::int32_t partition = 0;

  auto operator<=>(const GroupId&) const = default;
};

inline std::string to_string(const GroupId& id) {
  return to_string(id.topic) + "-" + std::to_string(id.partition);
}

}  // namespace fulmar
