// How many records a chain of batches has.
#pragma once

#include <cstdint>

#include "runtime/base/bytes.h"

namespace fulmar {

// Of clients' batches; markers do not count, nor does a last batch that is not whole. Reads the headers only, and
// copies none of the records, however the chain is cut into parts.
std::int64_t records_in(const ByteChain& batches);

}  // namespace fulmar
