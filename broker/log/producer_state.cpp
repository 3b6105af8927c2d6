#include "broker/log/producer_state.h"

#include <algorithm>
#include <cstring>

#include "broker/protocol/endian.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// Kafka's version, which has only the last batch of each producer.
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

Result<ProducerState::Verdict, Refusal> ProducerState::check(const BatchHeader& header,
                                                             const std::optional<EndMarker>& marker,
                                                             const AppendOrigin& origin) const {
  if (!header.idempotent()) return Verdict{};
  if (marker) return check_marker(header, *marker, origin);
  auto found = producers_.find(header.producer_id);
  const auto* known = found == producers_.end() ? nullptr : &found->second;
  bool has_sequence = !origin.coordinator;
  if (has_sequence && known && known->epoch == header.producer_epoch) {
    for (std::size_t i = 0; i < known->count; ++i) {
      const auto& batch = known->batches[i];
      if (batch.first_sequence() == header.base_sequence && batch.last_sequence == header.last_sequence()) {
        FULMAR_MARK("producers: batch repeated");
        return Verdict{batch};
      }
    }
  }
  if (header.transactional()) FULMAR_TRY_VOID(check_transaction(header, known, origin));
  if (known && header.producer_epoch < known->epoch) {
    FULMAR_MARK("producers: older epoch fenced");
    return refuse(ErrorCode::invalid_producer_epoch,
                  "epoch " + std::to_string(header.producer_epoch) + " is older than " + std::to_string(known->epoch));
  }
  if (has_sequence) FULMAR_TRY_VOID(check_sequence(header, known));
  if (known && known->in_transaction() && !header.transactional()) {
    FULMAR_MARK("producers: plain batch in a transaction refused");
    return refuse(ErrorCode::invalid_txn_state, "the producer's transaction is open, and the batch not part of it");
  }
  return Verdict{};
}

// As Kafka's ProducerAppendInfo (KIP-98, KIP-1228). A repeated marker is appended again, without effect.
Result<ProducerState::Verdict, Refusal> ProducerState::check_marker(const BatchHeader& header, const EndMarker& marker,
                                                                    const AppendOrigin& origin) const {
  auto found = producers_.find(header.producer_id);
  if (found == producers_.end()) return Verdict{};
  const auto& known = found->second;
  bool own_epoch = origin.transaction_version >= 2;
  bool late = header.producer_epoch < known.epoch ||
              (own_epoch && header.producer_epoch == known.epoch && known.in_transaction());
  if (late) {
    FULMAR_MARK("producers: late marker refused");
    return refuse(ErrorCode::invalid_producer_epoch, "a marker of epoch " + std::to_string(header.producer_epoch) +
                                                         " after epoch " + std::to_string(known.epoch));
  }
  if (marker.coordinator_epoch < known.coordinator_epoch) {
    FULMAR_MARK("producers: marker of a deposed coordinator refused");
    return refuse(ErrorCode::transaction_coordinator_fenced, "a marker of coordinator epoch " +
                                                                 std::to_string(marker.coordinator_epoch) + " after " +
                                                                 std::to_string(known.coordinator_epoch));
  }
  return Verdict{};
}

// A transaction is opened only if the coordinator knows that the partition is part of it (KIP-890): otherwise no marker
// would ever end it.
Result<ProducerState::Verdict, Refusal> ProducerState::check_transaction(const BatchHeader& header,
                                                                         const Producer* known,
                                                                         const AppendOrigin& origin) const {
  if (known && known->in_transaction() && known->epoch == header.producer_epoch) return Verdict{};
  auto asked = verifications_.find(header.producer_id);
  bool verified = origin.verified && asked != verifications_.end() && asked->second.number == *origin.verified &&
                  asked->second.epoch == header.producer_epoch;
  if (!verified) {
    FULMAR_MARK("producers: unconfirmed transaction refused");
    return refuse(ErrorCode::invalid_txn_state, "the batch is of no transaction that its coordinator has confirmed");
  }
  if (origin.coordinator) return Verdict{};
  if (asked->second.own_epoch && header.base_sequence != 0 && (!known || known->count == 0)) {
    FULMAR_MARK("producers: transaction begins in the middle");
    return refuse(ErrorCode::out_of_order_sequence_number,
                  "sequence " + std::to_string(header.base_sequence) + " where an epoch begins");
  }
  if (header.base_sequence > asked->second.lowest_sequence) {
    FULMAR_MARK("producers: transaction begins with a later batch");
    return refuse(ErrorCode::out_of_order_sequence_number, "sequence " + std::to_string(header.base_sequence) +
                                                               " before " +
                                                               std::to_string(asked->second.lowest_sequence));
  }
  return Verdict{};
}

Result<ProducerState::Verdict, Refusal> ProducerState::check_sequence(const BatchHeader& header,
                                                                      const Producer* known) const {
  // An unknown producer may begin with any sequence: its state may have expired (KIP-360).
  if (!known) {
    FULMAR_MARK("producers: unknown producer begins");
    return Verdict{};
  }
  if (header.producer_epoch != known->epoch || known->count == 0) {
    if (header.base_sequence == 0) {
      FULMAR_MARK("producers: new epoch begins");
      return Verdict{};
    }
    return refuse(ErrorCode::out_of_order_sequence_number, "a new epoch must begin with sequence 0");
  }
  if (header.base_sequence == sequence_after(known->last().last_sequence, 1)) return Verdict{};
  FULMAR_MARK("producers: gap in the sequence");
  return refuse(ErrorCode::out_of_order_sequence_number, "sequence " + std::to_string(header.base_sequence) +
                                                             " after " + std::to_string(known->last().last_sequence));
}

std::optional<EndedTransaction> ProducerState::update(const BatchHeader& header, const std::optional<EndMarker>& marker,
                                                      Instant now) {
  if (!header.idempotent()) return std::nullopt;
  if (header.control() && !marker) {
    FULMAR_MARK("producers: emptied marker passed");
    // Emptied by compaction: nothing is left of its transaction.
    return std::nullopt;
  }
  auto& producer = producers_[header.producer_id];
  if (header.producer_epoch != producer.epoch) {
    FULMAR_MARK("producers: epoch raised");
    producer.epoch = header.producer_epoch;
    producer.count = 0;
  }
  producer.last_seen = now;
  producer.last_timestamp = header.max_timestamp;
  if (header.transactional()) verifications_.erase(header.producer_id);
  if (marker) return end_transaction(producer, header, *marker);
  if (header.base_sequence >= 0) {
    Batch batch{header.last_sequence(), header.last_offset(), header.last_offset_delta, header.max_timestamp};
    if (producer.count == remembered_batches) {
      std::move(producer.batches.begin() + 1, producer.batches.end(), producer.batches.begin());
      --producer.count;
    }
    producer.batches[producer.count++] = batch;
  }
  // A batch without records was emptied by compaction: its transaction has ended, though the marker may be gone.
  if (header.transactional() && header.record_count > 0 && !producer.in_transaction()) {
    producer.open_since = header.base_offset;
    open_.emplace(header.base_offset, header.producer_id);
  }
  return std::nullopt;
}

std::optional<EndedTransaction> ProducerState::end_transaction(Producer& producer, const BatchHeader& header,
                                                               const EndMarker& marker) {
  producer.coordinator_epoch = marker.coordinator_epoch;
  producer.last_marker = header.base_offset;
  if (!producer.in_transaction()) {
    FULMAR_MARK("producers: marker without a transaction");
    return std::nullopt;
  }
  auto first = std::exchange(producer.open_since, -1);
  open_.erase(first);
  ended_.emplace(header.last_offset(), first);
  ended_firsts_.insert(first);
  return EndedTransaction{.producer_id = header.producer_id,
                          .first_offset = first,
                          .last_offset = header.last_offset(),
                          .last_stable_offset = open_.empty() ? header.next_offset() : open_.begin()->first,
                          .committed = marker.commit};
}

std::optional<Offset> ProducerState::first_unstable(Offset committed) const {
  std::optional<Offset> first;
  auto consider = [&](Offset offset) { first = std::min(first.value_or(offset), offset); };
  if (!open_.empty()) consider(open_.begin()->first);
  // There are few transactions for which note_committed() was not called yet.
  if (!ended_.empty() && ended_.begin()->first >= committed)
    consider(*ended_firsts_.begin());
  else
    for (auto ended = ended_.lower_bound(committed); ended != ended_.end(); ++ended) consider(ended->second);
  return first;
}

void ProducerState::note_committed(Offset offset) {
  while (!ended_.empty() && ended_.begin()->first < offset) {
    ended_firsts_.erase(ended_.begin()->second);
    ended_.erase(ended_.begin());
  }
}

std::optional<std::uint64_t> ProducerState::begin_verification(const BatchHeader& header, bool own_epoch, Instant now) {
  auto known = producers_.find(header.producer_id);
  if (known != producers_.end() && known->second.in_transaction() && known->second.epoch == header.producer_epoch)
    return std::nullopt;
  auto asked = verifications_.find(header.producer_id);
  if (asked != verifications_.end() && asked->second.epoch >= header.producer_epoch) {
    // The batch of an older epoch will be refused when it is appended.
    if (asked->second.epoch > header.producer_epoch) {
      FULMAR_MARK("producers: verification of an older epoch");
      return asked->second.number;
    }
    asked->second.lowest_sequence = std::min(asked->second.lowest_sequence, header.base_sequence);
    return asked->second.number;
  }
  if (asked == verifications_.end() && verifications_.size() >= verifications_max)
    verifications_.erase(
        std::ranges::min_element(verifications_, {}, [](const auto& entry) { return entry.second.number; }));
  verifications_.insert_or_assign(header.producer_id, Verification{++last_verification_, header.producer_epoch,
                                                                   header.base_sequence, own_epoch, now});
  return last_verification_;
}

void ProducerState::clear() {
  producers_.clear();
  open_.clear();
  ended_.clear();
  ended_firsts_.clear();
  verifications_.clear();
}

void ProducerState::forget_transactions() {
  FULMAR_MARK("producers: open transactions of a snapshot forgotten");
  for (const auto& [first, id] : open_) producers_.at(id).open_since = -1;
  open_.clear();
}

void ProducerState::expire(Instant oldest) {
  std::erase_if(producers_,
                [&](const auto& entry) { return entry.second.last_seen < oldest && !entry.second.in_transaction(); });
  std::erase_if(verifications_, [&](const auto& entry) { return entry.second.since < oldest; });
}

Bytes ProducerState::encode() const {
  Writer body;
  body.int32(static_cast<std::int32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    const bool any = producer.count > 0;
    const auto last = any ? producer.last() : Batch{no_sequence, -1, 0, no_timestamp};
    body.int64(id);
    body.int16(producer.epoch);
    body.int32(last.last_sequence);
    body.int64(last.last_offset);
    body.int32(last.offset_delta);
    body.int64(producer.last_timestamp);
    body.int32(producer.coordinator_epoch);
    body.int64(producer.open_since);
  }
  auto entries = std::move(body).finish().flatten();
  Writer whole;
  whole.int16(snapshot_version);
  whole.int32(static_cast<std::int32_t>(crc32c(entries.view())));
  whole.raw(entries.view());
  return std::move(whole).finish().flatten();
}

bool ProducerState::decode(const Bytes& bytes, Instant now) {
  clear();
  Reader reader(bytes);
  auto version = reader.int16();
  auto crc = static_cast<std::uint32_t>(reader.int32());
  if (reader.failed() || version != snapshot_version || crc32c(bytes.view().substr(6)) != crc) return false;
  auto count = reader.array_count(false, reader.remaining());  // limited by the size of the file
  for (std::size_t i = 0; i < count.value_or(0) && !reader.failed(); ++i) {
    auto id = reader.int64();
    Producer producer;
    producer.epoch = reader.int16();
    auto& last = producer.batches[0];
    last.last_sequence = reader.int32();
    last.last_offset = reader.int64();
    last.offset_delta = reader.int32();
    producer.last_timestamp = last.timestamp = reader.int64();
    producer.coordinator_epoch = reader.int32();
    producer.open_since = reader.int64();
    producer.count = last.last_offset >= 0 && last.last_sequence >= 0 ? 1 : 0;
    if (producer.count == 0) last = {};
    producer.last_seen = now;
    if (producer.in_transaction()) open_.insert_or_assign(producer.open_since, id);
    producers_.insert_or_assign(id, producer);
  }
  if (!reader.failed() && reader.remaining() == 0) return true;
  clear();
  return false;
}

}  // namespace fulmar
