// ProducerState: the idempotent and transactional producers of one partition (KIP-98): the epoch of each, its last five
// batches, by which a batch that comes again is known for a duplicate, and its open transaction. Follows from the log;
// snapshots only save reading all of it.
//
// A transaction begins here with its first batch, and ends with its marker. Its records are *unstable* until the marker
// is committed: readers of committed records get what is below the first that is unstable.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_validation.h"
#include "broker/protocol/records/end_marker.h"

namespace fulmar {

// What is known of a batch that is to be appended beyond what it says itself.
struct AppendOrigin {
  // By a coordinator of this cluster, of transactions or groups: its batches have no sequences.
  bool coordinator = false;
  // Of a marker, the version of transactions it was written for (KIP-1228). From 2 on each has an epoch of its own.
  std::int16_t transaction_version = 0;
  // Of a transactional batch: that the coordinator knows the partition for part of the transaction (KIP-890), as
  // begin_verification() has named it.
  std::optional<std::uint64_t> verified = {};
};

// A transaction that has ended here.
struct EndedTransaction {
  ProducerId producer_id = no_producer_id;
  Offset first_offset = 0;
  Offset last_offset = 0;         // of its marker
  Offset last_stable_offset = 0;  // where the first transaction begins that is still open, or after the marker
  bool committed = false;
};

class ProducerState {
 public:
  static constexpr std::size_t remembered_batches = 5;  // what a producer may have in flight
  // Each is of a producer that waits for its coordinator's answer. Who comes when there are more takes the place of the
  // one that waits longest, which then has to ask again.
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
    Offset open_since = -1;               // the first offset of its open transaction; -1: it has none
    Timestamp last_timestamp = no_timestamp;
    std::array<Batch, remembered_batches> batches{};
    std::size_t count = 0;  // of `batches`, the oldest first
    Instant last_seen;      // by the monotonic clock; of a recovered one, when it was recovered
    const Batch& last() const { return batches[count - 1]; }
    bool in_transaction() const { return open_since >= 0; }
    bool operator==(const Producer&) const = default;
  };

  // What is to be done with a batch. One without a producer id is always new.
  struct Verdict {
    std::optional<Batch> duplicate_of;
  };
  // `marker`: what a control batch says. Errors: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
  // INVALID_TXN_STATE (transactional, but of no transaction that is open or verified; or not transactional while one
  // is open), TRANSACTION_COORDINATOR_FENCED (a marker of an older coordinator).
  Result<Verdict, Refusal> check(const BatchHeader& header, const std::optional<EndMarker>& marker = {},
                                 const AppendOrigin& origin = {}) const;
  // A batch was appended (its header with the offsets it got). The transaction that it has ended, if it was open.
  std::optional<EndedTransaction> update(const BatchHeader& header, const std::optional<EndMarker>& marker,
                                         Instant now);

  // -- Transactions.
  // The first offset whose transaction is open, or ended by a marker at or above `committed`; nullopt if there is none.
  std::optional<Offset> first_unstable(Offset committed) const;
  // All below `offset` is committed: what ended there is stable for good.
  void note_committed(Offset offset);
  std::size_t open_transactions() const { return open_.size(); }

  // Whether a producer's transactional batch needs to be verified before it is appended: if so, the number to append it
  // with. It is worth nothing any more once a batch or a marker of the producer has been appended; so a confirmation
  // that comes late opens no transaction that has ended by then (KIP-890). A batch of a higher sequence than the lowest
  // that was asked for is refused until that one is appended.
  // `own_epoch`: each of its transactions has an epoch of its own (transaction.version 2), and begins with sequence 0.
  std::optional<std::uint64_t> begin_verification(const BatchHeader& header, bool own_epoch, Instant now);

  // Forgets who wrote nothing since `oldest`, but for those with an open transaction. Not by record timestamps: a wall
  // clock that jumps would make all producers strangers, and their retries duplicates.
  void expire(Instant oldest);
  void clear();
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
  // Ended, but the marker may not be committed: first offsets by the marker's, and by themselves.
  std::map<Offset, Offset> ended_;
  std::set<Offset> ended_firsts_;
  std::map<ProducerId, Verification> verifications_;
  std::uint64_t last_verification_ = 0;
};

}  // namespace fulmar
