// Snappy, unpacked in steps. The library can only unpack a block at once, and a raw block may be hundreds of megabytes.
#pragma once

#include <memory>
#include <string_view>

#include "broker/protocol/decompressor.h"

namespace fulmar {

// What Java writes before its blocks: a magic, and twice the version 1.
inline constexpr std::string_view xerial_header("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);

std::unique_ptr<Decompressor> make_snappy_decompressor(std::string_view packed);
// The size of the largest block's plain form, as the blocks claim; one of them is held in memory.
std::size_t snappy_block_memory(std::string_view packed);

}  // namespace fulmar
