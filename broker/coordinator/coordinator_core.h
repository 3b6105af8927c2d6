// CoordinatorCore: a coordinator's state machine, pure: no I/O, no clock, no fiber. Events go in, records to append and
// answers come out. CoordinatorPartition drives it.
//
// What it owes: its state follows from the records of its partition, in their order, and from what may be forgotten
// when the leadership changes. An answer that rests on records is given once they are committed. What an append that
// failed would have changed is taken back.
#pragma once

#include <cstdint>
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

class CoordinatorCore {
 public:
  using AppendId = std::uint64_t;  // ascending, in the order of the appends
  struct Append {
    AppendId id = 0;
    std::vector<Record> records;  // one batch, at least one
  };

  virtual ~CoordinatorCore() = default;

  // -- Loading, before all else.
  // A committed record, in the log's order. Errors: corrupt: it is passed over, and one line says so.
  virtual Result<void> replay(const ReadRecord& record) = 0;
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
