#include "sim/trace.h"

#include <xxhash.h>

namespace fulmar {

void Trace::bytes(std::string_view bytes) {
  fold(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace fulmar
