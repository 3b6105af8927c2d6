// Decompressor: the plain form of a batch's records, a piece at a time.
//
// What a stranger packed is unpacked in steps of bounded work, so that who asks can let others go on between them, and
// in bounded memory: a window, not the whole. It takes what every client can read, which is less than the libraries
// can: one frame (zstd, lz4) or member (gzip) and nothing after it; lz4 frames of independent blocks, without a
// dictionary; zstd windows of up to 128 MiB; snappy raw or in xerial's framing.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

// About how many bytes a step takes in, or gives.
inline constexpr std::size_t decompression_step_bytes = std::size_t{64} << 10;

class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // The next plain bytes, valid until the next call. None does not mean that it is the end: see ended(). Errors:
  // corrupt. Not to be called after an error, or at the end.
  virtual Result<std::string_view> next() = 0;
  // Whether all has been given, and the packed form ended where it should.
  virtual bool ended() const = 0;
};

// `packed` must outlive it. Errors: unsupported (an unknown codec), corrupt (what no client could read).
Result<std::unique_ptr<Decompressor>> make_decompressor(Compression codec, std::string_view packed);

// About how much memory that takes, as `packed` itself claims.
std::size_t decompression_memory(Compression codec, std::string_view packed);

}  // namespace fulmar
