// CoordinatorCore: a coordinator's state machine, pure: no I/O, no clock, no fiber. Events go in, records to append and
// answers come out. CoordinatorPartition drives it.
//
// What it owes: its state follows from the records of its partition, in their order, and from what may be forgotten
// when the leadership changes. An answer that rests on records is given once they are committed. What an append that
// failed would have changed is taken back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_builder.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// The time of an input: sessions and timeouts count by the monotonic clock, retention by the wall's.
struct CoordinatorTime {
  Instant instant;
  Timestamp wall = 0;
};

// Whose transaction records are part of, and that the transaction's coordinator knows the partition for part of it: the
// number and the epoch of Replica::begin_verification(), unless the transaction was open here.
struct TransactionWriter {
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  struct Verified {
    std::uint64_t number = 0;
    std::int32_t epoch = -1;
  };
  std::optional<Verified> verified;
};

class CoordinatorCore {
 public:
  using AppendId = std::uint64_t;  // ascending, in the order of the appends
  struct Append {
    AppendId id = 0;
    std::vector<Record> records;              // one batch, at least one
    std::optional<TransactionWriter> writer;  // if they are part of a transaction
  };

  virtual ~CoordinatorCore() = default;

  // -- Loading, before all else.
  // A committed record, in the log's order; if it has a producer id, it is part of that producer's transaction, and
  // counts once transaction_ended() says so. Errors: corrupt: it is passed over, and one line says so.
  virtual Result<void> replay(const ReadRecord& record) = 0;
  // That producer's transaction has ended in the log, and that is committed: what it wrote before counts from now on,
  // or never. While loading, and from then on, in the log's order. Most coordinators have no records of transactions.
  virtual void transaction_ended(ProducerId /*producer*/, bool /*commits*/) {}
  // Does a slice of what remains once all records are replayed. Called until it returns true.
  virtual bool finish_loading(CoordinatorTime now) = 0;

  // -- From then on.
  virtual void tick(CoordinatorTime now) = 0;
  virtual Instant next_deadline() const = 0;  // of tick(); Instant::max(): none
  // All appends up to this one are committed.
  virtual void committed(AppendId through, CoordinatorTime now) = 0;
  // Of this one nothing is in the log, nor ever will be.
  virtual void append_failed(AppendId id, ErrorCode why, CoordinatorTime now) = 0;
  // This broker coordinates no more: whoever waits is told NOT_COORDINATOR. The last call.
  virtual void resign() = 0;

  // After each input: what is to be appended, in this order. Answers that are due go out with this call.
  virtual std::vector<Append> take_appends() = 0;
};

}  // namespace fulmar
