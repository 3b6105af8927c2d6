// The console's page: one HTML document without requests to anywhere but the answers beside it. Made by
// broker/console/page.
#pragma once

#include <string_view>

namespace fulmar {

std::string_view console_page();

}  // namespace fulmar
