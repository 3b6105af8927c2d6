#include "broker/server/shard/produce_validation.h"

#include <algorithm>
#include <optional>

#include "broker/protocol/work.h"
#include "runtime/fiber/scheduler.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int16_t first_version_with_zstd = 7;
constexpr std::size_t compression_slice_bytes = std::size_t{16} << 10;  // compressing is slower than decompressing

// For work longer than a slice: lets the shard's other fibers run, then waits for the next turn.
class Turns {
 public:
  explicit Turns(Semaphore& turn) : turn_(turn) {}
  void did(Duration work) {
    if (!declare_work(work)) return;
    held_ = SemaphoreUnits();
    Scheduler::current().yield();
    turn_.acquire(1);
    held_ = SemaphoreUnits(turn_, 1);
  }

 private:
  Semaphore& turn_;
  SemaphoreUnits held_;
};

// What to do with the records, according to their header; whether they are a valid batch is checked later.
struct Plan {
  std::size_t memory = 0;           // for decompressing and recompressing
  std::optional<Compression> into;  // if they have to be recompressed
  std::optional<std::size_t> plain_size;
};

Plan plan_for(const Bytes& records, const TopicCompression& topic) {
  auto header = read_batch_header(records.view());
  if (!header || header->magic != batch_magic) return {};
  Plan plan{decompression_memory(header->codec(), records.view().substr(batch_header_size)), {}, {}};
  if (!topic.codec || *topic.codec == header->codec()) return plan;
  plan.memory += compression_memory(*topic.codec);
  plan.into = topic.codec;
  if (header->codec() == Compression::none) plan.plain_size = records.size() - batch_header_size;
  return plan;
}

Refusal too_large(std::size_t size, const LogConfig& topic) {
  return {ErrorCode::message_too_large, "the batch has " + std::to_string(size) + " bytes, max.message.bytes is " +
                                            std::to_string(topic.max_message_bytes)};
}

// A batch has to fit into a segment, whatever the other limits: as in Kafka, larger ones are refused.
std::optional<Refusal> too_large_to_keep(std::size_t size, const LogConfig& topic) {
  auto segment_max = static_cast<std::size_t>(topic.segment_bytes);
  if (size <= segment_max) return std::nullopt;
  return Refusal{ErrorCode::record_list_too_large,
                 "the batch has " + std::to_string(size) + " bytes, segment.bytes is " + std::to_string(segment_max)};
}

// The batch with its records recompressed, and otherwise unchanged.
ProducedBatch packed_anew(BatchHeader header, Compression codec, std::string_view packed) {
  header.length = static_cast<std::int32_t>(batch_header_size - batch_prefix_size + packed.size());
  header.attributes = static_cast<std::int16_t>((header.attributes & ~7) | static_cast<int>(codec));
  header.crc = crc32c(packed, header_crc(header));
  MutableBytes batch(batch_header_size + packed.size());
  write_batch_header(batch.data(), header);
  std::copy(packed.begin(), packed.end(), batch.data() + batch_header_size);
  return {header, std::move(batch).freeze()};
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
                                                  const ProduceConfig& topic, std::int16_t version, bool transactions) {
  auto size_max = static_cast<std::size_t>(topic.log.max_message_bytes);
  if (records.size() > size_max) return std::unexpected(too_large(records.size(), topic.log));
  ProduceRules rules;
  rules.log_append_time = topic.log.log_append_time;
  rules.zstd_allowed = version >= first_version_with_zstd;
  rules.transactions_served = transactions;
  rules.timestamp_before_max_ms = topic.log.timestamp_before_max_ms;
  rules.timestamp_after_max_ms = topic.log.timestamp_after_max_ms;
  rules.now = clock.wall_ms();
  rules.keys_required = topic.log.compacts;
  auto plan = plan_for(records, topic.compression);
  auto memory = budget.memory(plan.memory);
  Turns turns(budget.turn());
  RecordBody::DidWork did_work = [&turns](Duration work) { turns.did(work); };
  if (!plan.into) {
    FULMAR_TRY(auto header, validate_produced(records, rules, &did_work));
    if (auto refusal = too_large_to_keep(records.size(), topic.log)) return std::unexpected(*std::move(refusal));
    return ProducedBatch{header, std::move(records)};
  }
  auto compressor = make_compressor(*plan.into, topic.compression.levels, size_max, plan.plain_size);
  RecordBody::Sink pack = [&](std::string_view piece) {
    while (!piece.empty()) {
      auto part = piece.substr(0, compression_slice_bytes);
      compressor->add(part);
      piece.remove_prefix(part.size());
      turns.did(pack_work(part.size()));
    }
  };
  FULMAR_TRY(auto header, validate_produced(records, rules, &did_work, &pack));
  auto packed = compressor->finish();
  if (!packed)
    return std::unexpected(Refusal{ErrorCode::message_too_large,
                                   "packed as the topic wants it, the batch is larger than max.message.bytes"});
  if (batch_header_size + packed->size() > size_max)
    return std::unexpected(too_large(batch_header_size + packed->size(), topic.log));
  if (auto refusal = too_large_to_keep(batch_header_size + packed->size(), topic.log))
    return std::unexpected(*std::move(refusal));
  return packed_anew(header, *plan.into, *packed);
}

}  // namespace fulmar
