// The conformance suite runs in every world: on io_uring, on epoll, and simulated. What passes in one must pass in all,
// since the broker does not know which one it runs in.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <string>

#include "runtime/host/clock.h"
#include "runtime/host/disk.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "runtime/real/process.h"
#include "sim/world.h"

namespace fulmar {

class WorldUnderTest : public testing::TestWithParam<const char*> {
 protected:
  // Runs `body` as the main of a process, to its end.
  void run(unsigned shards, const std::function<void(Host&)>& body) {
    std::string world = GetParam();
    if (world == "sim") {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        World simulated(seed, LogLevel::error);
        auto& node = simulated.add_node("node");
        node.start(shards, [&](Host& host) {
          body(host);
          return 0;
        });
        ASSERT_TRUE(simulated.run_until([&] { return !node.running(); }, Instant{} + seconds(1000))) << "seed " << seed;
        node.kill();
        EXPECT_TRUE(simulated.leaks().empty());
      }
      return;
    }
    char directory[] = "/tmp/fulmar-conformance-XXXXXX";
    ASSERT_NE(mkdtemp(directory), nullptr);
    ProcessOptions options;
    options.data_directory = directory;
    options.shards = shards;
    options.backend = world == "uring" ? IoBackend::uring : IoBackend::epoll;
    options.log.level = LogLevel::error;
    options.handle_signals = false;
    auto code = run_real_process(options, [&](Host& host) {
      body(host);
      return 7;
    });
    std::filesystem::remove_all(directory);
    if (!code && world == "uring") GTEST_SKIP() << "this kernel refuses io_uring: " << code.error().detail;
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(*code, 7);
  }
};

inline std::string world_name(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

#define FULMAR_IN_EVERY_WORLD(Suite) \
  INSTANTIATE_TEST_SUITE_P(Worlds, Suite, testing::Values("uring", "epoll", "sim"), world_name)

inline ByteChain chain_of(std::string_view text) {
  return ByteChain(Bytes::copy_of(text));
}

}  // namespace fulmar
