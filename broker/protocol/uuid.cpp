#include "broker/protocol/uuid.h"

namespace fulmar {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_string(const Uuid& uuid) {
  std::string text;
  unsigned __int128 bits = (static_cast<unsigned __int128>(uuid.high) << 64) | uuid.low;
  for (int digit = 0; digit < 21; ++digit) text += digits[static_cast<unsigned>(bits >> (122 - 6 * digit)) & 63];
  text += digits[static_cast<unsigned>(bits << 4) & 63];
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 22) return std::nullopt;
  unsigned __int128 bits = 0;
  for (std::size_t digit = 0; digit < 22; ++digit) {
    auto value = digits.find(text[digit]);
    if (value == std::string_view::npos) return std::nullopt;
    bits = digit < 21 ? bits << 6 | value : bits << 2 | value >> 4;
  }
  return Uuid{static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits)};
}

}  // namespace fulmar
