#include "broker/log/producer_state.h"

#include <algorithm>
#include <cstring>

#include "broker/protocol/endian.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"

namespace fulmar {

namespace {

// Only the last batch of a producer is in a snapshot, as Kafka writes it.
constexpr std::int16_t snapshot_version = 1;

std::unexpected<Refusal> refuse(ErrorCode code, std::string message) {
  return std::unexpected(Refusal{code, std::move(message)});
}

}  // namespace

std::int32_t ProducerState::Batch::first_sequence() const {
  return last_sequence >= offset_delta
             ? last_sequence - offset_delta
             : static_cast<std::int32_t>(last_sequence - offset_delta + (std::int64_t{1} << 31));
}

Result<ProducerState::Verdict, Refusal> ProducerState::check(const BatchHeader& header) const {
  if (!header.idempotent()) return Verdict{};
  auto found = producers_.find(header.producer_id);
  // A producer that is not known (any more) may begin anywhere: its state may have expired (KIP-360).
  if (found == producers_.end() || found->second.count == 0) return Verdict{};
  const auto& producer = found->second;
  if (header.producer_epoch < producer.epoch)
    return refuse(ErrorCode::invalid_producer_epoch, "epoch " + std::to_string(header.producer_epoch) +
                                                         " is older than " + std::to_string(producer.epoch));
  if (header.producer_epoch > producer.epoch) {
    if (header.base_sequence == 0) return Verdict{};
    return refuse(ErrorCode::out_of_order_sequence_number, "a new epoch must begin with sequence 0");
  }
  for (std::size_t i = 0; i < producer.count; ++i) {
    const auto& batch = producer.batches[i];
    if (batch.first_sequence() == header.base_sequence && batch.last_sequence == header.last_sequence())
      return Verdict{batch};
  }
  if (header.base_sequence == sequence_after(producer.last().last_sequence, 1)) return Verdict{};
  return refuse(ErrorCode::out_of_order_sequence_number, "sequence " + std::to_string(header.base_sequence) +
                                                             " after " + std::to_string(producer.last().last_sequence));
}

void ProducerState::update(const BatchHeader& header, Instant now) {
  if (!header.idempotent()) return;
  auto& producer = producers_[header.producer_id];
  if (header.producer_epoch != producer.epoch)
    producer = Producer{.epoch = header.producer_epoch, .batches = {}, .count = 0, .last_seen = now};
  producer.last_seen = now;
  Batch batch{header.last_sequence(), header.last_offset(), header.last_offset_delta, header.max_timestamp};
  if (producer.count == remembered_batches) {
    std::move(producer.batches.begin() + 1, producer.batches.end(), producer.batches.begin());
    --producer.count;
  }
  producer.batches[producer.count++] = batch;
}

void ProducerState::expire(Instant oldest) {
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.last_seen < oldest; });
}

Bytes ProducerState::encode() const {
  Writer body;
  body.int32(static_cast<std::int32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    const auto& last = producer.last();
    body.int64(id);
    body.int16(producer.epoch);
    body.int32(last.last_sequence);
    body.int64(last.last_offset);
    body.int32(last.offset_delta);
    body.int64(last.timestamp);
    body.int32(-1);  // coordinator epoch
    body.int64(-1);  // first offset of an open transaction
  }
  auto entries = std::move(body).finish().flatten();
  Writer whole;
  whole.int16(snapshot_version);
  whole.int32(static_cast<std::int32_t>(crc32c(entries.view())));
  whole.raw(entries.view());
  return std::move(whole).finish().flatten();
}

bool ProducerState::decode(const Bytes& bytes, Instant now) {
  producers_.clear();
  Reader reader(bytes);
  auto version = reader.int16();
  auto crc = static_cast<std::uint32_t>(reader.int32());
  if (reader.failed() || version != snapshot_version || crc32c(bytes.view().substr(6)) != crc) return false;
  auto count = reader.array_count(false, reader.remaining());  // our own file: as many as it has room for
  for (std::size_t i = 0; i < count.value_or(0) && !reader.failed(); ++i) {
    auto id = reader.int64();
    Producer producer;
    producer.epoch = reader.int16();
    auto& last = producer.batches[0];
    last.last_sequence = reader.int32();
    last.last_offset = reader.int64();
    last.offset_delta = reader.int32();
    last.timestamp = reader.int64();
    reader.int32();
    reader.int64();
    producer.count = 1;
    producer.last_seen = now;
    producers_.insert_or_assign(id, producer);
  }
  if (!reader.failed() && reader.remaining() == 0) return true;
  producers_.clear();
  return false;
}

}  // namespace fulmar
