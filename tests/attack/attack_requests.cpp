// Writes requests for attackers to send, to standard output: those of tests/server/probes.h, in each of their versions,
// then one of each API and version with any content. Each is a line: the API's key, the version, and the frame with its
// size in hexadecimal. Usage: attack_requests TOPIC_ID, the id of the topic `there` in hexadecimal.
#include <cstdio>
#include <string>

#include "tests/protocol/all_messages.h"
#include "tests/server/probes.h"

namespace {

using namespace fulmar;

template <class Request>
void put(const Request& request, std::int16_t version) {
  constexpr std::int32_t correlation_id = 7;
  const auto frame = request_frame(request, version, correlation_id, "attacker").flatten();
  std::printf("%d %d ", static_cast<int>(Request::key), version);
  for (unsigned char byte : frame.view()) std::printf("%02x", byte);
  std::putchar('\n');
}

// A Prober that writes down what there is to send.
struct Recorder {
  template <class Response, class Make>
  void probe(ErrorCode, Make&& make, std::int16_t since = 0, std::int16_t until = 99) {
    const auto& api = api_info(Response::key);
    for (auto version = std::max(api.min, since); version <= std::min(api.max, until); ++version)
      put(make(there), version);
  }
  template <class Response, class Request>
  void probe_unnamed(const Request& request, ErrorCode = {}, std::int16_t since = 0) {
    const auto& api = api_info(Response::key);
    for (auto version = std::max(api.min, since); version <= api.max; ++version) put(request, version);
  }
};

Uuid uuid_of(const std::string& hex) {
  return {std::stoull(hex.substr(0, 16), nullptr, 16), std::stoull(hex.substr(16), nullptr, 16)};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 || std::string(arguments[1]).size() != 32) {
    std::fputs("usage: attack_requests TOPIC_ID\n", stderr);
    return 2;
  }
  Recorder recorder;
  probe_all(recorder, uuid_of(arguments[1]));
  Random random(1);
  for_each_request([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) put(generate<M>(random, version), version);
  });
  return 0;
}
