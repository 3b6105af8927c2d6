// Decompressor: decompresses a batch's records piece by piece.
//
// Input from clients is decompressed in steps of bounded work, so that the caller can let other fibers run in between,
// and in bounded memory: a window, not the whole. It accepts what every client can read, which is less than the
// libraries can: one frame (zstd, lz4) or member (gzip) with nothing after it; lz4 frames of independent blocks,
// without a dictionary; zstd windows of up to 128 MiB; snappy raw or in xerial's framing.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

// Approximately how many bytes a step reads or returns.
inline constexpr std::size_t decompression_step_bytes = std::size_t{64} << 10;

class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // The next decompressed bytes, valid until the next call. An empty result is not the end: see ended(). Errors:
  // corrupt. Not to be called after an error, or at the end.
  virtual Result<std::string_view> next() = 0;
  // Whether everything was returned, and the compressed form ended where it should.
  virtual bool ended() const = 0;
};

// `packed` must outlive it. Errors: unsupported (an unknown codec), corrupt (a form that some clients can't read).
Result<std::unique_ptr<Decompressor>> make_decompressor(Compression codec, std::string_view packed);

// Approximately the memory that it takes, as `packed` declares.
std::size_t decompression_memory(Compression codec, std::string_view packed);

}  // namespace fulmar
