// Checks produced batches, on the shard of their connection: the time depends on what the client has compressed into
// them, and must delay neither the partition nor the shard's other work.
#pragma once

#include <cstddef>

#include "broker/cluster/topic_config.h"
#include "broker/protocol/record_validation.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/host/clock.h"

namespace fulmar {

// Limits what one shard spends on checking batches at a time, over all connections.
class ValidationBudget {
 public:
  // Waits for memory to decompress a batch. Small batches don't wait for large ones; one larger than the budget goes
  // alone. A cancellation point.
  SemaphoreUnits memory(std::size_t bytes);
  // Of the batches that take longer than a slice, one is processed at a time, in turns.
  Semaphore& turn() { return turn_; }

 private:
  static constexpr std::int64_t small_bytes_max = std::int64_t{1} << 20;
  static constexpr std::int64_t small_budget = std::int64_t{64} << 20;
  static constexpr std::int64_t large_budget = std::int64_t{128} << 20;

  Semaphore small_{small_budget};
  Semaphore large_{large_budget};
  Semaphore turn_{1};
};

// A batch to append with this header, which replaces the one in its bytes.
struct ProducedBatch {
  BatchHeader header;
  Bytes batch;
};

// A topic's configuration for produced batches.
struct ProduceConfig {
  LogConfig log;
  TopicCompression compression;
};

// Checks the records for one partition of a Produce request of that version, and recompresses them if the topic has
// another codec; yields between slices. Transactional batches are refused unless `transactions`. A cancellation point.
Result<ProducedBatch, Refusal> validate_in_slices(ValidationBudget& budget, Clock& clock, Bytes records,
                                                  const ProduceConfig& topic, std::int16_t version, bool transactions);

}  // namespace fulmar
