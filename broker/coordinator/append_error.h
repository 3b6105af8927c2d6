// The error that clients of a coordinator get if their records could not be appended.
#pragma once

#include "broker/protocol/error_code.h"

namespace fulmar {

// Kafka's mapping, the same for group and transaction coordinators.
ErrorCode client_error_of_append(ErrorCode why);

}  // namespace fulmar
