// Snappy, decompressed in steps. The library can only decompress a whole block, and a raw block may have hundreds of
// megabytes.
#pragma once

#include <memory>
#include <string_view>

#include "broker/protocol/decompressor.h"

namespace fulmar {

// The Java client's header before its blocks: a magic, and the version 1 twice.
inline constexpr std::string_view xerial_header("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);

std::unique_ptr<Decompressor> make_snappy_decompressor(std::string_view packed);
// The decompressed size of the largest block, as the blocks declare; one block is held in memory.
std::size_t snappy_block_memory(std::string_view packed);

}  // namespace fulmar
