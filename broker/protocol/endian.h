// Big-endian integers in memory.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace fulmar {

template <std::integral T>
T swap_bytes(T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
  if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
  if constexpr (sizeof(T) == 8) bits = __builtin_bswap64(bits);
  return static_cast<T>(bits);
}

template <std::integral T>
T load_big(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = swap_bytes(value);
  return value;
}

template <std::integral T>
void store_big(char* to, T value) {
  if constexpr (std::endian::native == std::endian::little) value = swap_bytes(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace fulmar
