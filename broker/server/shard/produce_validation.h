// The check of produced batches, on the shard of their connection: it takes time by what the client packed into them,
// and must hold up neither the partition nor the others of its own shard.
#pragma once

#include <cstddef>

#include "broker/cluster/topic_config.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/host/clock.h"

namespace fulmar {

// What one shard spends at a time on checking batches, however many connections bring some.
class ValidationBudget {
 public:
  // Waits until there is so much memory for unpacking a batch. Batches that need little don't wait for those that need
  // much; one that needs more than there is goes alone. A cancellation point.
  SemaphoreUnits memory(std::size_t bytes);
  // Of the batches that take longer than a slice, one is worked on at a time, in turns.
  Semaphore& turn() { return turn_; }

 private:
  static constexpr std::int64_t small_bytes_max = std::int64_t{1} << 20;
  static constexpr std::int64_t small_budget = std::int64_t{64} << 20;
  static constexpr std::int64_t large_budget = std::int64_t{128} << 20;

  Semaphore small_{small_budget};
  Semaphore large_{large_budget};
  Semaphore turn_{1};
};

// A batch as it is to be appended: with this header, whatever that in its bytes says.
struct ProducedBatch {
  BatchHeader header;
  Bytes batch;
};

// What a topic's configuration says of batches that are produced.
struct ProduceConfig {
  LogConfig log;
  TopicCompression compression;
};

// Checks what a Produce request of that version has for a partition of a topic of that configuration, and packs it anew
// where the topic wants another codec; in slices between which the shard's other fibers run. Transactional ones pass
// only where `transactions` are served. A cancellation point.
Result<ProducedBatch, Refusal> validate_in_slices(ValidationBudget& budget, Clock& clock, Bytes records,
                                                  const ProduceConfig& topic, std::int16_t version, bool transactions);

}  // namespace fulmar
