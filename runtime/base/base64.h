// Base64 (RFC 4648): section 4's alphabet with padding, and section 5's for URLs and file names without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fulmar {

std::string to_base64(std::string_view bytes);
// nullopt if it is not exactly what to_base64() makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);

std::string to_base64url(std::string_view bytes);
// nullopt if it is not exactly what to_base64url() makes of some bytes.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace fulmar
