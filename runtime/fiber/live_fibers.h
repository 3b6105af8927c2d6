// How many fibers there are, for those who watch a process.
#pragma once

#include <cstddef>

namespace fulmar {

// Of the shard whose fiber is running, itself included.
std::size_t live_fibers();

}  // namespace fulmar
