// Compression of a batch's records: gzip, snappy, lz4 frames and zstd, each by its own library.
#pragma once

#include <cstddef>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

// Compresses everything at once, in the form of compressor.h, at the default levels.
Bytes compress(Compression codec, std::string_view plain);

// Decompresses everything at once, to at most `size_max` bytes: for small or trusted input; else see decompressor.h.
// Errors: corrupt, too_large, unsupported (an unknown codec).
Result<Bytes> decompress(Compression codec, std::string_view packed, std::size_t size_max);

}  // namespace fulmar
