// A copy of a database, whoever is writing to it meanwhile.
#pragma once

#include <string>

#include "runtime/base/result.h"

struct sqlite3;

namespace fulmar {

// Replaces what `to` has by what the file has, which is only read. Errors: io_error, with the file's path.
Result<void> copy_database(const std::string& source, sqlite3* to);

}  // namespace fulmar
