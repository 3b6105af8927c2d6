// A request as it comes from a socket: header, then the body of the API and version that it names.
#include <concepts>
#include <cstdlib>

#include "all_messages.h"
#include "broker/protocol/reader.h"
#include "broker/replication/raft_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  Reader reader(Bytes::copy_of({data, size}));
  auto header = read_request_header(reader);
  if (!header) return 0;
  const auto* api = declared_api(header->api_key);
  if (!api || !api->serves(header->api_version)) return 0;
  for_each_request([&]<class M>() {
    if (M::key != api->key) return;
    auto message = decode<M>(reader, header->api_version);
    if (!message) return;
    // What was decoded can be encoded, and decoded again.
    Writer writer;
    encode(writer, *message, header->api_version);
    Reader again(std::move(writer).finish().flatten());
    if (!decode<M>(again, header->api_version)) std::abort();
    if constexpr (std::same_as<M, RaftMessagesRequest>) (void)from_wire(std::move(*message), 1, 2).has_value();
  });
  return 0;
}
