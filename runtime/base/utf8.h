// Checks UTF-8 (RFC 3629), which JSON and the protocol's strings require.
#pragma once

#include <cstddef>
#include <string_view>

namespace fulmar {

// Neither overlong forms, nor surrogates, nor anything above U+10FFFF.
constexpr bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[at + n]); };
    auto first = byte(0);
    std::size_t more = first < 0x80                     ? 0
                       : first >= 0xc2 && first <= 0xdf ? 1
                       : first >= 0xe0 && first <= 0xef ? 2
                       : first >= 0xf0 && first <= 0xf4 ? 3
                                                        : text.size();
    if (more >= text.size() - at) return false;
    for (std::size_t n = 1; n <= more; ++n)
      if ((byte(n) & 0xc0) != 0x80) return false;
    if (more >= 2) {
      auto second = byte(1);
      bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
      bool surrogate = first == 0xed && second >= 0xa0;
      bool too_high = first == 0xf4 && second >= 0x90;
      if (overlong || surrogate || too_high) return false;
    }
    at += more + 1;
  }
  return true;
}

}  // namespace fulmar
