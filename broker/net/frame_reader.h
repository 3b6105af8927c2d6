// FrameReader: reads frames (four bytes of size, then that many bytes) from a connection. Large frames are read
// directly into their own memory.
#pragma once

#include "runtime/host/clock.h"
#include "runtime/host/network.h"

namespace fulmar {

class FrameReader {
 public:
  struct Limits {
    std::int32_t size_max;                // of a frame, in bytes
    Duration idle_max = Duration::max();  // for the first byte of a frame
    Duration byte_max = seconds(30);      // for the next byte of one that has begun
  };

  FrameReader(Connection& connection, Clock& clock, Limits limits);

  // The next frame's size; 0 at the end of the stream. Errors: as Connection::read, timed_out when idle, closed within
  // a frame, invalid_argument for an impossible size.
  Result<std::size_t> next_size();
  // From now on the peer may be silent between frames without limit, and frames may have up to `size_max` bytes.
  void trust(std::int32_t size_max) { limits_ = {.size_max = size_max, .byte_max = limits_.byte_max}; }
  // The frame of that size.
  Result<Bytes> body(std::size_t size);

 private:
  std::size_t have() const { return to_ - from_; }
  Result<bool> fill(Deadline deadline);

  Connection& connection_;
  Clock& clock_;
  Limits limits_;
  MutableBytes buffer_;
  std::size_t from_ = 0;
  std::size_t to_ = 0;
};

}  // namespace fulmar
