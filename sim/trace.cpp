#include "sim/trace.h"

#include <xxhash.h>

namespace fulmar {

void Trace::bytes(std::string_view bytes) {
  fold(XXH3_64bits(bytes.data(), bytes.size()));
}

std::uint64_t Trace::told(Instant at, Happening happening) {
  happening.number = ++told_;
  happening.events = events_;
  happening.at = at;
  if (happening.cause == 0) happening.cause = acting_;
  observer_(happening);
  return happening.number;
}

}  // namespace fulmar
