// What work on records costs an ordinary processor, about, for runtime/fiber/slices.h.
#pragma once

#include <cstddef>

#include "runtime/base/time.h"

namespace fulmar {

// CRC-32C by the processor's own instruction.
constexpr Duration checksum_work(std::size_t bytes) {
  return nanoseconds(bytes / 10);
}
// To look at each record of so many plain bytes.
constexpr Duration walk_work(std::size_t bytes) {
  return nanoseconds(bytes);
}
// To get so many plain bytes from what is packed, by the slowest codec.
constexpr Duration unpack_work(std::size_t plain_bytes) {
  return nanoseconds(plain_bytes * 3);
}
// To pack so many plain bytes, by the slowest codec at its usual level.
constexpr Duration pack_work(std::size_t plain_bytes) {
  return nanoseconds(plain_bytes * 15);
}
// To read or write so many bytes of a message that are not records.
constexpr Duration message_work(std::size_t bytes) {
  return nanoseconds(bytes * 2);
}
// To read the header of a batch, and account for it.
inline constexpr Duration batch_header_work = nanoseconds(100);

}  // namespace fulmar
