// The approximate cost of work on records for an ordinary processor, for runtime/fiber/slices.h.
#pragma once

#include <cstddef>

#include "runtime/base/time.h"

namespace fulmar {

// CRC-32C by the processor's instruction.
constexpr Duration checksum_work(std::size_t bytes) {
  return nanoseconds(bytes / 10);
}
// Visiting the records in so many plain bytes.
constexpr Duration walk_work(std::size_t bytes) {
  return nanoseconds(bytes);
}
// Decompressing to so many plain bytes, by the slowest codec.
constexpr Duration unpack_work(std::size_t plain_bytes) {
  return nanoseconds(plain_bytes * 3);
}
// Compressing so many plain bytes, by the slowest codec at its usual level.
constexpr Duration pack_work(std::size_t plain_bytes) {
  return nanoseconds(plain_bytes * 15);
}
// Reading or writing so many bytes of a message without its records.
constexpr Duration message_work(std::size_t bytes) {
  return nanoseconds(bytes * 2);
}
// Reading the header of a batch, and accounting for it.
inline constexpr Duration batch_header_work = nanoseconds(100);

}  // namespace fulmar
