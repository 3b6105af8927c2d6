// A response as a client reads it: the message and version, then its body.
#include <cstdlib>

#include "all_messages.h"
#include "broker/protocol/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  if (size < 2) return 0;
  int count = 0;
  for_each_response([&]<class M>() { ++count; });
  int wanted = static_cast<unsigned char>(data[0]) % count;
  auto version = static_cast<std::int16_t>(static_cast<unsigned char>(data[1]) % 20);
  int number = 0;
  for_each_response([&]<class M>() {
    if (number++ != wanted || !api_info(M::key).serves(version)) return;
    Reader reader(Bytes::copy_of({data + 2, size - 2}));
    auto message = decode<M>(reader, version);
    if (!message) return;
    Writer writer;
    encode(writer, *message, version);
    Reader again(std::move(writer).finish().flatten());
    if (!decode<M>(again, version)) std::abort();
  });
  return 0;
}
