// Compression of a batch's records: gzip, snappy, lz4 frames and zstd, each by its own library.
#pragma once

#include <cstddef>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

// In one go, as compressor.h writes it, at the default levels.
Bytes compress(Compression codec, std::string_view plain);

// The plain form, of at most `size_max` bytes, in one go: for what is not a stranger's, or small; else decompressor.h.
// Errors: corrupt, too_large, unsupported (an unknown codec).
Result<Bytes> decompress(Compression codec, std::string_view packed, std::size_t size_max);

}  // namespace fulmar
