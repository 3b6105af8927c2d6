#include "broker/protocol/uuid.h"

namespace fulmar {

std::string to_string(const Uuid& uuid) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned __int128 bits = (static_cast<unsigned __int128>(uuid.high) << 64) | uuid.low;
  for (int digit = 0; digit < 21; ++digit) text += digits[static_cast<unsigned>(bits >> (122 - 6 * digit)) & 63];
  text += digits[static_cast<unsigned>(bits << 4) & 63];
  return text;
}

}  // namespace fulmar
