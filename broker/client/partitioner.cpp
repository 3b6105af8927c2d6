#include "broker/client/partitioner.h"

namespace fulmar {

std::int32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t multiplier = 0x5bd1e995;
  auto at = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  auto hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    auto word = at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
    word *= multiplier;
    word ^= word >> 24;
    word *= multiplier;
    hash = (hash * multiplier) ^ word;
  }
  if (i < bytes.size()) {
    std::uint32_t rest = 0;
    for (std::size_t n = bytes.size(); n > i; --n) rest = rest << 8 | at(n - 1);
    hash = (hash ^ rest) * multiplier;
  }
  hash ^= hash >> 13;
  hash *= multiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t Partitioner::partition_of(const std::optional<std::string>& key) const {
  return key ? (murmur2(*key) & 0x7fffffff) % partitions_ : sticky_;
}

}  // namespace fulmar
