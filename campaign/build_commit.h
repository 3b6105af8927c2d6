// The commit that this program was built from.
#pragma once

#include <string_view>

namespace fulmar {

// "0123456789ab", with "-dirty" if tracked files differed from it; "unknown" outside of a repository. Its source is
// written at each build (cmake/write_commit.cmake).
std::string_view build_commit();

}  // namespace fulmar
