// Random: a stream of numbers from a seed, the same on every machine and compiler (SplitMix64, Steele et al. 2014).
//
// Streams are split by name: `world.split("disk").split(node)` gives the same stream whatever else was drawn before. So
// the other streams stay the same when one consumer is removed, and failing plans can be shrunk.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fulmar {

constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : origin_(mix64(seed + golden)), state_(origin_) {}

  constexpr std::uint64_t next() { return mix64(state_ += golden); }

  // Uniform in [0, bound); bound > 0. The bias of the multiply-shift is below bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  // Uniform in [low, high], both inclusive.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  // True in `numerator` of `denominator` cases.
  constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }

  template <class T>
  constexpr T& pick(std::span<T> items) {
    return items[below(items.size())];
  }
  template <class T>
  constexpr void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      auto j = below(i);
      T moved = static_cast<T&&>(items[i - 1]);
      items[i - 1] = static_cast<T&&>(items[j]);
      items[j] = static_cast<T&&>(moved);
    }
  }

  // A stream of its own for `name`; depends on this stream's seed, not on how much was drawn from it.
  constexpr Random split(std::string_view name) const {
    std::uint64_t hash = origin_;
    for (char c : name) hash = mix64((hash ^ static_cast<unsigned char>(c)) + golden);
    return Random(hash);
  }
  constexpr Random split(std::uint64_t number) const { return Random(mix64(origin_ ^ mix64(number + golden))); }

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  std::uint64_t origin_;
  std::uint64_t state_;
};

}  // namespace fulmar
