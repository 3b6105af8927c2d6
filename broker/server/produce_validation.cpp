#include "broker/server/produce_validation.h"

#include <algorithm>

#include "runtime/fiber/scheduler.h"

namespace fulmar {

namespace {

constexpr std::int16_t first_version_with_zstd = 7;

// Between two slices: lets the shard's other fibers run, then waits for the next turn.
class Turns {
 public:
  explicit Turns(Semaphore& turn) : turn_(turn) {}
  void pass() {
    held_ = SemaphoreUnits();
    Scheduler::current().yield();
    turn_.acquire(1);
    held_ = SemaphoreUnits(turn_, 1);
  }

 private:
  Semaphore& turn_;
  SemaphoreUnits held_;
};

// How much memory it takes to unpack them; 0 if they are no batch, which is found out soon enough.
std::size_t memory_for(const Bytes& records) {
  auto header = read_batch_header(records.view());
  if (!header || header->magic != batch_magic) return 0;
  return decompression_memory(header->codec(), records.view().substr(batch_header_size));
}

}  // namespace

SemaphoreUnits ValidationBudget::memory(std::size_t bytes) {
  auto units = static_cast<std::int64_t>(bytes);
  auto& semaphore = units <= small_bytes_max ? small_ : large_;
  units = std::min(units, large_budget);
  if (units == 0) return {};
  semaphore.acquire(units);
  return {semaphore, units};
}

Result<ProducedBatch, Refusal> validate_in_slices(ValidationBudget& budget, Clock& clock, Bytes records,
                                                  const LogConfig& topic, std::int16_t version) {
  if (records.size() > static_cast<std::size_t>(topic.max_message_bytes))
    return std::unexpected(Refusal{ErrorCode::message_too_large, "the batch has " + std::to_string(records.size()) +
                                                                     " bytes, max.message.bytes is " +
                                                                     std::to_string(topic.max_message_bytes)});
  ProduceRules rules;
  rules.log_append_time = topic.log_append_time;
  rules.zstd_allowed = version >= first_version_with_zstd;
  rules.timestamp_before_max_ms = topic.timestamp_before_max_ms;
  rules.timestamp_after_max_ms = topic.timestamp_after_max_ms;
  rules.now = clock.wall_ms();
  auto memory = budget.memory(memory_for(records));
  Turns turns(budget.turn());
  RecordBody::Pause pause = [&turns] { turns.pass(); };
  TRY(auto header, validate_produced(records, rules, &pause));
  return ProducedBatch{header, std::move(records)};
}

}  // namespace fulmar
