// Which build of the program this is.
#pragma once

#include <string>

namespace fulmar {

// The linker's build id, in hexadecimal: it differs if anything of the program does. "unknown" if the linker has made
// none.
std::string build_id();

}  // namespace fulmar
