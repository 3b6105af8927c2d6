// Partitioner: chooses the partition of a record, the same one that Kafka's own clients choose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fulmar {

// MurmurHash2 of 32 bits, with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2).
std::int32_t murmur2(std::string_view bytes);

class Partitioner {
 public:
  // `partitions` > 0; `random` chooses the first partition of records without a key.
  Partitioner(std::int32_t partitions, std::uint64_t random)
      : partitions_(partitions), sticky_(static_cast<std::int32_t>(random % static_cast<std::uint64_t>(partitions))) {}

  // With a key: by its hash, with the sign bit off, as BuiltInPartitioner.partitionForKey does. Without: the same
  // partition for all such records until next_batch().
  std::int32_t partition_of(const std::optional<std::string>& key) const;
  // Records without a key fill one batch, then the next partition's in turn (KIP-480), for larger batches.
  void next_batch() { sticky_ = (sticky_ + 1) % partitions_; }

 private:
  std::int32_t partitions_;
  std::int32_t sticky_;
};

}  // namespace fulmar
