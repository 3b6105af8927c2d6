// Which shard of a broker owns a partition.
#pragma once

#include "broker/cluster/metadata_log.h"
#include "runtime/base/random.h"

namespace fulmar {

// `shards`: how many the process has, at least 1. The metadata's partition is on shard 0, with the controller.
inline unsigned owning_shard(const Uuid& topic_id, std::int32_t index, unsigned shards) {
  if (topic_id == MetadataLog::group().topic) return 0;
  auto mixed = mix64(topic_id.high ^ mix64(topic_id.low + static_cast<std::uint64_t>(index)));
  return static_cast<unsigned>(mixed % shards);
}

}  // namespace fulmar
