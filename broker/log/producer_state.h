// ProducerState: the idempotent and transactional producers of one partition (KIP-98): the epoch of each, its last five
// batches, by which duplicates are recognised, and its open transaction. It follows from the log; snapshots only save
// reading all of the log.
//
// In a partition, a transaction begins with its first batch and ends with its marker. Its records are *unstable* until
// the marker is committed: readers of committed records get only records below the first unstable one.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_validation.h"
#include "broker/protocol/records/end_marker.h"

namespace fulmar {

// Where a batch that is to be appended comes from.
struct AppendOrigin {
  // From a coordinator of this cluster, of transactions or groups: its batches have no sequences.
  bool coordinator = false;
  // Of a marker: the transaction.version of its transaction (KIP-1228). From 2 on each transaction has its own epoch.
  std::int16_t transaction_version = 0;
  // Of a transactional batch: the number from begin_verification(), if the transaction's coordinator has confirmed that
  // the partition is part of the transaction (KIP-890).
  std::optional<std::uint64_t> verified = {};
};

// A transaction that has ended in this partition.
struct EndedTransaction {
  ProducerId producer_id = no_producer_id;
  Offset first_offset = 0;
  Offset last_offset = 0;         // of its marker
  Offset last_stable_offset = 0;  // once the marker is committed
  bool committed = false;
};

class ProducerState {
 public:
  static constexpr std::size_t remembered_batches = 5;  // the most batches that a producer may have in flight
  // Verifications under way. If there are more, a new one replaces the oldest, whose producer then has to retry.
  static constexpr std::size_t verifications_max = 4096;

  struct Batch {
    std::int32_t last_sequence;
    Offset last_offset;
    std::int32_t offset_delta;
    Timestamp timestamp;
    std::int32_t first_sequence() const;
    Offset base_offset() const { return last_offset - offset_delta; }
    bool operator==(const Batch&) const = default;
  };
  struct Producer {
    std::int16_t epoch = -1;
    std::int32_t coordinator_epoch = -1;  // of the last marker; -1: there was none
    Offset last_marker = -1;              // the offset of that marker; -1: not known, after a snapshot was loaded
    Offset open_since = -1;               // the first offset of its open transaction; -1: it has none
    Timestamp last_timestamp = no_timestamp;
    std::array<Batch, remembered_batches> batches{};
    std::size_t count = 0;  // of `batches`, the oldest first
    Instant last_seen;      // when it last appended; or if it was recovered from the log, when that was
    const Batch& last() const { return batches[count - 1]; }
    bool in_transaction() const { return open_since >= 0; }
    bool operator==(const Producer&) const = default;
  };

  // What to do with a batch: append it, or answer that it is a duplicate.
  struct Verdict {
    std::optional<Batch> duplicate_of;
  };
  // Checks a batch that is to be appended. `marker`: the content of a control batch. Batches without a producer id are
  // always accepted. Errors: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH; INVALID_TXN_STATE (the batch is
  // transactional, but its transaction is neither open nor verified; or it is not, while a transaction is open);
  // TRANSACTION_COORDINATOR_FENCED (a marker of an older coordinator).
  Result<Verdict, Refusal> check(const BatchHeader& header, const std::optional<EndMarker>& marker = {},
                                 const AppendOrigin& origin = {}) const;
  // A batch was appended; `header` has its final offsets. Returns the transaction that it has ended, if any.
  std::optional<EndedTransaction> update(const BatchHeader& header, const std::optional<EndMarker>& marker,
                                         Instant now);

  // -- Transactions.
  // The first offset of all transactions that are open, or whose marker is at or above `committed`; nullopt if there
  // are none.
  std::optional<Offset> first_unstable(Offset committed) const;
  // Everything below `offset` is committed: transactions whose markers are below it need not be remembered.
  void note_committed(Offset offset);
  std::size_t open_transactions() const { return open_.size(); }
  // The first offset of all transactions that are open; the largest offset if there are none.
  Offset open_since() const { return open_.empty() ? std::numeric_limits<Offset>::max() : open_.begin()->first; }

  // If a producer's transactional batch has to be verified before it is appended, returns the number to append it with;
  // else nullopt. The number becomes invalid when a batch or marker of the producer is appended; so a late confirmation
  // can't open a transaction that has ended by then (KIP-890). Until then, a batch with a higher sequence than the
  // lowest for which this was called is refused. `own_epoch`: each of its transactions has its own epoch
  // (transaction.version 2), and begins with sequence 0.
  std::optional<std::uint64_t> begin_verification(const BatchHeader& header, bool own_epoch, Instant now);

  // Forgets the producers that have appended nothing since `oldest` and have no open transaction, and older
  // verifications. Not by record timestamps: if the wall clock jumps, all producers would be forgotten, and their
  // retries appended a second time.
  void expire(Instant oldest);
  void clear();
  // No transaction is open.
  void forget_transactions();
  const std::map<ProducerId, Producer>& producers() const { return producers_; }

  // Kafka's .snapshot file.
  Bytes encode() const;
  bool decode(const Bytes& bytes, Instant now);

 private:
  struct Verification {
    std::uint64_t number;
    std::int16_t epoch;
    std::int32_t lowest_sequence;
    bool own_epoch;
    Instant since;
  };

  Result<Verdict, Refusal> check_marker(const BatchHeader& header, const EndMarker& marker,
                                        const AppendOrigin& origin) const;
  Result<Verdict, Refusal> check_transaction(const BatchHeader& header, const Producer* known,
                                             const AppendOrigin& origin) const;
  Result<Verdict, Refusal> check_sequence(const BatchHeader& header, const Producer* known) const;
  std::optional<EndedTransaction> end_transaction(Producer& producer, const BatchHeader& header,
                                                  const EndMarker& marker);

  std::map<ProducerId, Producer> producers_;
  std::map<Offset, ProducerId> open_;  // by the transaction's first offset
  // Transactions whose markers may not be committed yet: first offsets by the markers' offsets; all first offsets.
  std::map<Offset, Offset> ended_;
  std::set<Offset> ended_firsts_;
  std::map<ProducerId, Verification> verifications_;
  std::uint64_t last_verification_ = 0;
};

}  // namespace fulmar
