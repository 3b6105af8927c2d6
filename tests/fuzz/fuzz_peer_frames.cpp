// RaftMessages requests from a connection that claims to be a peer: as many as the bytes hold, each after two bytes of
// size.
#include "tests/replication/frame_victim.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  FrameVictim victim;
  for (std::size_t at = 0; at + 2 <= size;) {
    auto wanted = static_cast<std::size_t>(static_cast<unsigned char>(data[at])) << 8 |
                  static_cast<std::size_t>(static_cast<unsigned char>(data[at + 1]));
    auto length = std::min(wanted, size - at - 2);
    victim.take(Bytes::copy_of({data + at + 2, length}));
    at += 2 + length;
  }
  return 0;
}
