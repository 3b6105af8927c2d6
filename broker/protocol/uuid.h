// Uuid: 128 bits, as in topic ids (KIP-516). All zero means none.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fulmar {

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return high == 0 && low == 0; }
};

// The inverse of to_string(); nullopt for anything else.
std::optional<Uuid> parse_uuid(std::string_view text);
// URL-safe base64 without padding, 22 characters, as Kafka prints it.
std::string to_string(const Uuid& uuid);

}  // namespace fulmar
