// The throttle_time_ms of a response that is encoded already (KIP-219): for how long its client is held back.
#pragma once

#include <cstdint>

#include "broker/protocol/api_key.h"
#include "runtime/base/bytes.h"

namespace fulmar {

// Raises it to `milliseconds` in the frame of a response of that version. Returns whether the frame says so much now:
// some responses have no such field.
bool raise_throttle_time(ByteChain& frame, ApiKey key, std::int16_t version, std::int32_t milliseconds);

}  // namespace fulmar
