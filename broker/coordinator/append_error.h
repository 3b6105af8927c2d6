// What clients of a coordinator are told when what they asked for could not be appended.
#pragma once

#include "broker/protocol/error_code.h"

namespace fulmar {

// Kafka's mapping, the same for coordinators of groups and of transactions.
ErrorCode client_error_of_append(ErrorCode why);

}  // namespace fulmar
