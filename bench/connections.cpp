// Connections of a simulated broker: fulmar-connections COUNT. Each is opened, gets one response, and is then idle.
// Prints what each costs this process in bytes and mappings, including both ends and the simulated network.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "broker/protocol/endian.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/server/broker.h"
#include "runtime/host/clock.h"
#include "runtime/host/network.h"
#include "sim/world.h"

namespace fulmar {
namespace {

constexpr std::int64_t bytes_each_max = 16 * 1024;
constexpr double mappings_each_max = 0.1;

struct Cost {
  std::int64_t resident = 0;
  std::int64_t mappings = 0;
};

Cost cost_now() {
  Cost cost;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) cost.resident = std::stoll(line.substr(6)) * 1024;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) ++cost.mappings;
  return cost;
}

bool answered(Host& host, Connection& connection) {
  if (!connection.write(request_frame(MetadataRequest{}, 12, 1, "idle"))) return false;
  auto deadline = host.clock().deadline_in(seconds(60));
  char size_bytes[4];
  for (std::size_t done = 0; done < sizeof size_bytes;) {
    auto read = connection.read(std::span(size_bytes).subspan(done), deadline);
    if (!read || *read == 0) return false;
    done += *read;
  }
  std::vector<char> body(static_cast<std::size_t>(load_big<std::int32_t>(size_bytes)));
  for (std::size_t done = 0; done < body.size();) {
    auto read = connection.read(std::span(body).subspan(done), deadline);
    if (!read || *read == 0) return false;
    done += *read;
  }
  return true;
}

int run(int count) {
  World world(1, LogLevel::warn);
  auto& broker = world.add_node("broker");
  auto& client = world.add_node("client");
  broker.set_descriptors_max(1'000'000);
  client.set_descriptors_max(1'000'000);
  const SocketAddress address{broker.address(), 9092};
  auto config =
      BrokerConfig::from({{"listeners", "PLAINTEXT://" + to_string(address)}, {"connections.max.idle.ms", "86400000"}})
          .value();
  bool ready = false;
  broker.start(2, [&](Host& host) {
    return run_broker(host, config, {.ready = [&](const SocketAddress&) { ready = true; }}) ? 0 : 1;
  });
  world.run_until([&] { return ready; }, Instant{} + seconds(60));
  Cost before;
  Cost after;
  std::size_t fibers_before = 0;
  std::size_t fibers_after = 0;
  int served = 0;
  client.start(1, [&](Host& host) {
    before = cost_now();
    fibers_before = world.scheduler().live_fibers();
    std::vector<std::unique_ptr<Connection>> connections;
    for (int i = 0; i < count; ++i) {
      auto connected = host.network().connect(address, host.clock().deadline_in(seconds(60)));
      if (!connected) break;
      served += answered(host, **connected);
      connections.push_back(std::move(*connected));
    }
    host.clock().sleep_for(seconds(1));
    after = cost_now();
    fibers_after = world.scheduler().live_fibers();
    // The first and the last connection are still served.
    if (!connections.empty()) served += answered(host, *connections.front()) && answered(host, *connections.back());
    return 0;
  });
  world.run_until([&] { return !client.running(); }, Instant{} + seconds(100'000));
  client.kill();
  broker.kill();
  auto bytes_each = (after.resident - before.resident) / count;
  auto mappings = after.mappings - before.mappings;
  std::printf(
      "%d of %d connections answered; each costs %lld bytes resident (both ends and the network between), %.4f "
      "mappings; "
      "%zu fibers before, %zu with them\n",
      served - 1, count, static_cast<long long>(bytes_each), static_cast<double>(mappings) / count, fibers_before,
      fibers_after);
  bool good = served == count + 1 && bytes_each <= bytes_each_max &&
              static_cast<double>(mappings) / count <= mappings_each_max && fibers_after <= fibers_before;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace fulmar

int main(int argc, char** argv) {
  int count = 0;
  if (argc != 2 || std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), count).ec != std::errc() || count < 1) {
    std::fputs("usage: fulmar-connections COUNT\n", stderr);
    return 2;
  }
  return fulmar::run(count);
}
