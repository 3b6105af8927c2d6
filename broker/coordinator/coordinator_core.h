// CoordinatorCore: a coordinator's pure state machine: no I/O, no clock, no fiber. Inputs are events; outputs are
// records to append and answers. CoordinatorPartition drives it.
//
// An implementation guarantees: its state depends only on the records of its partition, in their order, and on what may
// be lost when the leadership changes. An answer that depends on records is given once they are committed. The changes
// of a failed append are undone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_builder.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// The time of an input: sessions and timeouts use the monotonic clock, retention the wall clock.
struct CoordinatorTime {
  Instant instant;
  Timestamp wall = 0;
};

// The transaction that records are part of. `verified`: the number and epoch of Replica::begin_verification(), after
// the transaction's coordinator has confirmed that the partition is part of it; none: it was open here already.
struct TransactionWriter {
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  struct Verified {
    std::uint64_t number = 0;
    std::int32_t epoch = -1;
  };
  std::optional<Verified> verified;
};

// What a coordinator has begun and not finished, by the name of the group or transactional id: if it fails, another has
// to begin it anew, or to go on with it.
enum class UnderWay : std::uint8_t {
  rebalance,        // a group's members are not all told their assignments
  transaction_end,  // the end is decided, and not all partitions are known to have the marker
};
using AllUnderWay = std::map<std::string, UnderWay>;

class CoordinatorCore {
 public:
  using AppendId = std::uint64_t;  // ascending, in the order of the appends
  struct Append {
    AppendId id = 0;
    std::vector<Record> records;              // one batch, at least one
    std::optional<TransactionWriter> writer;  // if they are part of a transaction
  };

  virtual ~CoordinatorCore() = default;

  // -- Loading, first of all.
  // A committed record, in the log's order. With a producer id it is part of that producer's transaction, and counts
  // once transaction_ended() says so. Errors: corrupt: the record is skipped, with one line in the log.
  virtual Result<void> replay(const ReadRecord& record) = 0;
  // The producer's transaction has ended with a committed marker: its records before count from now on, or never. In
  // the log's order, while loading and afterwards. Most coordinators have no records of transactions.
  virtual void transaction_ended(ProducerId /*producer*/, bool /*commits*/) {}
  // Does a slice of the work that remains after all records are replayed. Called until it returns true.
  virtual bool finish_loading(CoordinatorTime now) = 0;

  // -- After loading.
  virtual void tick(CoordinatorTime now) = 0;
  virtual Instant next_deadline() const = 0;  // the time of the next tick(); Instant::max(): none
  // All appends up to this one are committed.
  virtual void committed(AppendId through, CoordinatorTime now) = 0;
  // This append failed: it is not in the log, and never will be.
  virtual void append_failed(AppendId id, ErrorCode why, CoordinatorTime now) = 0;
  // This broker no longer coordinates: all waiting requests are answered NOT_COORDINATOR. The last call.
  virtual void resign() = 0;

  // After each input: the records to append, in this order. Gives the answers that are due.
  virtual std::vector<Append> take_appends() = 0;

  // For observers; at any time before resign().
  virtual AllUnderWay under_way() const { return {}; }
};

}  // namespace fulmar
