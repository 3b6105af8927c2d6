// FrameAssembler: assembles a client's frames (four bytes of size, then that many bytes) from the bytes that its
// connection has, without waiting. Between frames it holds no memory.
//
// The announced size alone allocates nothing: memory is charged as bytes arrive, and exceeds what has arrived by at
// most a constant factor. After a grace period a frame must arrive at a minimum rate. Frames wait for memory, unless
// charge_to() says otherwise.
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
  static constexpr std::int32_t request_bytes_min = 8;  // of a request's header
  static constexpr Duration frame_grace = seconds(30);
  static constexpr std::int64_t frame_bytes_per_second_min = 64 * 1024;

  // `scratch`: a buffer of scratch_bytes that the assemblers of a shard share; it is unused between calls.
  FrameAssembler(Connection& connection, const Clock& clock, MemoryBudget& budget, MutableBytes& scratch,
                 std::int32_t size_max)
      : connection_(connection), clock_(clock), budget_(&budget), scratch_(scratch), size_max_(size_max) {}

  enum class Kind : unsigned char {
    frame,         // a frame is complete
    needs_bytes,   // the connection has no bytes now
    needs_memory,  // the caller has to charge `bytes` more to charge(), then call again
    end,           // the peer has closed its side
  };
  struct Step {
    Kind kind;
    Bytes frame = {};                  // without its size
    MemoryBudget::Charge charge = {};  // for the frame
    std::int64_t bytes = 0;
    bool small = true;
  };
  // Errors: as Connection::read; closed within a frame; invalid_argument for an impossible size; timed_out for a
  // frame that takes too long; no_resources where a frame may not wait for memory.
  Result<Step> next();
  MemoryBudget::Charge& charge() { return charge_; }
  // The least and the most bytes of the next frame, without its size.
  void expect(std::int32_t size_min, std::int32_t size_max) {
    size_min_ = size_min;
    size_max_ = size_max;
  }
  // Between frames. From now on charges to this budget, and waits for its memory or not. Who does not wait still gets
  // frames that arrive at once, up to scratch_bytes, so that nobody who holds much memory keeps others from them.
  void charge_to(MemoryBudget& budget, bool waits);
  // When the current frame times out unless more of it arrives; nullopt between frames, and while it needs memory.
  std::optional<Instant> deadline() const;

 private:
  bool begun() const { return frame_size_ > 0 || !buffer_.empty(); }
  Step needs_memory(std::int64_t bytes, bool small);
  void begin_frame();
  Result<std::size_t> read(std::span<char> into, bool& end);

  Connection& connection_;
  const Clock& clock_;
  MemoryBudget* budget_;
  bool waits_for_memory_ = true;
  MutableBytes& scratch_;
  std::int32_t size_min_ = request_bytes_min;
  std::int32_t size_max_;

  Bytes buffer_;                // bytes that arrived and are not in a frame yet
  std::size_t frame_size_ = 0;  // of the frame that is arriving; 0: none
  std::size_t frame_filled_ = 0;
  MutableBytes frame_;           // as much of it as there is memory for so far
  MemoryBudget::Charge charge_;  // for all of these
  std::size_t granted_to_ = 0;   // the capacity that is charged for the frame
  Instant begun_at_;
  std::optional<Instant> short_of_memory_since_;
};

}  // namespace fulmar
