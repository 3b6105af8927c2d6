// UnknownKeyIds: of which keys tokens were said to be signed, while nobody knew these keys. The first token may be a
// reason to fetch the keys again, and those that follow soon are none: else whoever makes up tokens would have us fetch
// as often as he likes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

class UnknownKeyIds {
 public:
  // As Kafka's RefreshingHttpsJwks has them.
  static constexpr Duration remembered = seconds(60);
  static constexpr std::size_t ids_max = 16;
  static constexpr std::size_t id_bytes_max = 1000;

  // Whether this is the first in a while; false also for ids that are too long. Beyond `ids_max` the oldest one is
  // forgotten.
  bool note(std::string_view id, Instant now);

 private:
  struct Noted {
    std::string id;
    Instant until;
  };
  std::vector<Noted> noted_;  // the oldest first
};

}  // namespace fulmar
