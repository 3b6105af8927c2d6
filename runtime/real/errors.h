// The system's error numbers as the runtime's errors.
#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

// "write 0.log: No space left on device", with the matching code.
std::unexpected<Error> system_error(int number, std::string_view what);

}  // namespace fulmar
