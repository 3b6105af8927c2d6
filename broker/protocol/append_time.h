// Batches of topics with message.timestamp.type=LogAppendTime: the broker gives a batch its time (KIP-32).
#pragma once

#include <string_view>

#include "broker/protocol/record_batch.h"
#include "runtime/base/time.h"

namespace fulmar {

// The header of the batch that has these records, with this time as that of all of them. `append_ms`: 0 or later.
BatchHeader with_append_time(BatchHeader header, Timestamp append_ms, std::string_view records);

}  // namespace fulmar
