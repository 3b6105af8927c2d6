// What comes to a session of `serve` from outside of its world. A session is determined by its setup and these events
// at their virtual times.
#pragma once

#include <cstdint>

#include "runtime/base/bytes.h"
#include "runtime/base/time.h"

namespace fulmar {

struct OutsideEvent {
  enum class What : std::uint8_t {
    opened,        // a connection to the listener `count`
    bytes,         // the client has sent `bytes`
    ended,         // the client sends no more
    closed,        // the connection is gone
    acknowledged,  // the client has taken `count` bytes
  };

  Instant at;
  std::uint64_t connection = 0;
  What what = What::opened;
  Bytes bytes = {};
  std::uint64_t count = 0;

  bool operator==(const OutsideEvent&) const = default;
};

}  // namespace fulmar
