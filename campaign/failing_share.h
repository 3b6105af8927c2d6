// The share of lives that fail, and what so many lives say about it.
#pragma once

#include <cstdint>
#include <string>

namespace fulmar {

struct FailingShare {
  std::uint64_t failed = 0;
  std::uint64_t lives = 0;

  // The true share is within [low, high] with a confidence of 95 % (Wilson's score interval). 0 to 1 of no lives.
  double low() const;
  double high() const;
};

// "37 of 100 (37 %; with 95 % confidence 28.2 % to 46.8 %)".
std::string to_string(const FailingShare& share);

}  // namespace fulmar
