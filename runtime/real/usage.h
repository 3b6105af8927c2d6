// Measures what this process has used of the machine.
#pragma once

#include "runtime/host/process_usage.h"

namespace fulmar {

// For processes of run_real_process().
UsageMeters real_usage_meters();

}  // namespace fulmar
