// FrameAssembler: a client's frames (four bytes of size, then so many) out of what its connection has at the moment,
// without ever waiting. Between frames it holds nothing.
//
// What a frame announces costs nothing: memory is charged as its bytes arrive, and may be larger than what has arrived
// by a constant factor. And it has to arrive: after a time of grace, at no less than a rate.
#pragma once

#include <optional>

#include "broker/net/memory_budget.h"
#include "runtime/base/result.h"
#include "runtime/host/clock.h"
#include "runtime/host/network.h"

namespace fulmar {

class FrameAssembler {
 public:
  static constexpr std::size_t scratch_bytes = 64 * 1024;
  static constexpr Duration frame_grace = seconds(30);
  static constexpr std::int64_t frame_bytes_per_second_min = 64 * 1024;

  // `scratch`: of scratch_bytes, shared by those of a shard; nothing lies in it between two calls.
  FrameAssembler(Connection& connection, const Clock& clock, MemoryBudget& budget, MutableBytes& scratch,
                 std::int32_t size_max)
      : connection_(connection), clock_(clock), budget_(budget), scratch_(scratch), size_max_(size_max) {}

  enum class Kind : unsigned char {
    frame,         // here it is
    needs_bytes,   // the connection has none now
    needs_memory,  // `bytes` more have to be charged to charge(), then it goes on
    end,           // the peer sends no more
  };
  struct Step {
    Kind kind;
    Bytes frame = {};                  // without its size
    MemoryBudget::Charge charge = {};  // for the frame
    std::int64_t bytes = 0;
    bool small = true;
  };
  // Errors: as Connection::read; closed within a frame; invalid_argument for a size that can't be; timed_out for a
  // frame that takes too long.
  Result<Step> next();
  MemoryBudget::Charge& charge() { return charge_; }
  // When what has begun must have gone on; nullopt between frames. Not while it needs memory.
  std::optional<Instant> deadline() const;

 private:
  bool begun() const { return frame_size_ > 0 || !buffer_.empty(); }
  Step needs_memory(std::int64_t bytes, bool small);
  void begin_frame();
  Result<std::size_t> read(std::span<char> into, bool& end);

  Connection& connection_;
  const Clock& clock_;
  MemoryBudget& budget_;
  MutableBytes& scratch_;
  const std::int32_t size_max_;

  Bytes buffer_;                // arrived, and not yet taken apart
  std::size_t frame_size_ = 0;  // of the frame that is arriving; 0: none
  std::size_t frame_filled_ = 0;
  MutableBytes frame_;           // as much of it as there is memory for so far
  MemoryBudget::Charge charge_;  // for all of these
  std::size_t granted_to_ = 0;   // the capacity that is charged for the frame
  Instant begun_at_;
  std::optional<Instant> short_of_memory_since_;
};

}  // namespace fulmar
