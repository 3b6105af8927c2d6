// How many bytes this thread has copied from one Bytes into another. Reads from and writes to files and sockets are
// not in it.
#pragma once

#include <cstdint>

namespace fulmar {

std::uint64_t copied_bytes() noexcept;

}  // namespace fulmar
