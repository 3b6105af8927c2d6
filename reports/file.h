// Text files that are written at the end of a campaign.
#pragma once

#include <string>

#include "runtime/base/result.h"

namespace fulmar {

// Whether the file can be written; to be called before the results are known. Neither creates nor changes the file.
// Errors: io_error.
Result<void> check_writable(const std::string& path);
// Instead of what the file had, which stays if the new text can't be written whole. Errors: io_error.
Result<void> write_file(const std::string& path, const std::string& text);
// Adds to the file's end. Errors: io_error.
Result<void> append_file(const std::string& path, const std::string& text);

}  // namespace fulmar
