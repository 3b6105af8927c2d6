// Frames from a stream: complete, whatever pieces they arrive in; charged as they arrive.
#include "broker/net/frame_assembler.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "broker/protocol/endian.h"
#include "sim/world.h"

namespace fulmar {
namespace {

// Both ends of a connection in one process, and a FrameAssembler on one of them.
void with_connection(const std::function<void(Host&, Connection& client, Connection& server)>& body,
                     std::uint64_t seed = 1) {
  World world(seed, LogLevel::error);
  auto& node = world.add_node("node");
  node.start(1, [&](Host& host) {
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    std::unique_ptr<Connection> server;
    FiberGroup accepting;
    accepting.spawn("accept", [&] { server = listener->accept().value(); });
    auto client = host.network().connect(listener->local(), host.clock().deadline_in(seconds(5))).value();
    accepting.join();
    body(host, *client, *server);
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, Instant{} + seconds(10'000)));
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

ByteChain frame_of(const std::string& content) {
  std::string text(4, '\0');
  store_big(text.data(), static_cast<std::int32_t>(content.size()));
  return ByteChain(Bytes::copy_of(text + content));
}

struct Wake final : ReadinessListener {
  void ready() noexcept override { event.set(); }
  Event event;
};

// The next frame; waits for bytes as a connection's owner would. There is always enough memory.
std::optional<Bytes> next_frame(FrameAssembler& frames, Connection& connection) {
  for (;;) {
    auto step = frames.next();
    if (!step || step->kind == FrameAssembler::Kind::end) return std::nullopt;
    if (step->kind == FrameAssembler::Kind::frame) return step->frame;
    EXPECT_EQ(step->kind, FrameAssembler::Kind::needs_bytes);
    Wake wake;
    connection.when_readable(&wake);
    wake.event.wait();
  }
}

TEST(FrameAssembler, FramesComeWholeAndInOrderWhateverTheirSizes) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    with_connection(
        [](Host& host, Connection& client, Connection& server) {
          MemoryBudget budget(100 << 20, 1 << 20);
          MutableBytes scratch(FrameAssembler::scratch_bytes);
          FrameAssembler frames(server, host.clock(), budget, scratch, 10 << 20);
          const std::size_t sizes[] = {8,      9,       100,       1,         4096, 4097,    65'536,
                                       65'537, 200'000, 1'000'000, 3'000'000, 8,    262'144, 12};
          FiberGroup group;
          group.spawn("send", [&] {
            char c = 'a';
            for (auto size : sizes)
              ASSERT_TRUE(client.write(frame_of(std::string(std::max<std::size_t>(size, 8), c++))));
            client.shutdown_write();
          });
          char c = 'a';
          for (auto size : sizes) {
            auto frame = next_frame(frames, server);
            ASSERT_TRUE(frame.has_value());
            EXPECT_EQ(frame->view(), std::string(std::max<std::size_t>(size, 8), c++));
          }
          EXPECT_FALSE(next_frame(frames, server).has_value());
          group.join();
          EXPECT_EQ(budget.held(), 0);
        },
        seed);
  }
}

TEST(FrameAssembler, WhatIsAnnouncedCostsNothingAndWhatArrivesAtMostFourTimesItsSize) {
  with_connection([](Host& host, Connection& client, Connection& server) {
    MemoryBudget budget(std::int64_t{1} << 30, 1 << 20);
    MutableBytes scratch(FrameAssembler::scratch_bytes);
    FrameAssembler frames(server, host.clock(), budget, scratch, 100 << 20);
    std::string size(4, '\0');
    store_big(size.data(), std::int32_t{100 << 20});
    ASSERT_TRUE(client.write(ByteChain(Bytes::copy_of(size))));
    host.clock().sleep_for(seconds(1));
    ASSERT_EQ(frames.next()->kind, FrameAssembler::Kind::needs_bytes);
    EXPECT_LE(budget.held(), 4096);
    std::int64_t arrived = 0;
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(client.write(ByteChain(Bytes::copy_of(std::string(50'000, 'x')))));
      arrived += 50'000;
      host.clock().sleep_for(milliseconds(100));
      ASSERT_EQ(frames.next()->kind, FrameAssembler::Kind::needs_bytes);
      EXPECT_GE(budget.held(), arrived);
      EXPECT_LE(budget.held(), 4 * arrived + 4096);
    }
  });
}

TEST(FrameAssembler, AFrameThatDripsIsGivenUpAndOneThatFlowsIsNot) {
  with_connection([](Host& host, Connection& client, Connection& server) {
    MemoryBudget budget(std::int64_t{1} << 30, 1 << 20);
    MutableBytes scratch(FrameAssembler::scratch_bytes);
    FrameAssembler frames(server, host.clock(), budget, scratch, 100 << 20);
    auto send = [&](std::size_t bytes) {
      ASSERT_TRUE(client.write(ByteChain(Bytes::copy_of(std::string(bytes, 'x')))));
      host.clock().sleep_for(seconds(1));
    };
    auto began = host.clock().now();
    std::string size(4, '\0');
    store_big(size.data(), std::int32_t{10 << 20});
    ASSERT_TRUE(client.write(ByteChain(Bytes::copy_of(size))));
    for (int i = 0; i < 100; ++i) {
      send(100'000);
      ASSERT_TRUE(frames.next().has_value()) << i;
    }
    // From here on bytes arrive slowly.
    while (frames.next().has_value()) send(1);
    EXPECT_GT(host.clock().now() - began, seconds(150));
    EXPECT_LT(host.clock().now() - began, seconds(200));
  });
}

TEST(FrameAssembler, WhoWaitsForMemoryIsNotBlamedForTheTime) {
  with_connection([](Host& host, Connection& client, Connection& server) {
    MemoryBudget budget(100'000, 0);
    MemoryBudget::Charge others;
    budget.charge_at_once(others, 100'000);
    MutableBytes scratch(FrameAssembler::scratch_bytes);
    FrameAssembler frames(server, host.clock(), budget, scratch, 1 << 20);
    ASSERT_TRUE(client.write(frame_of(std::string(50'000, 'x'))));
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(frames.next()->kind, FrameAssembler::Kind::needs_memory);
    host.clock().sleep_for(seconds(1000));
    others = {};
    auto frame = next_frame(frames, server);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->size(), 50'000u);
  });
}

TEST(FrameAssembler, WhoMayNotWaitForMemoryGetsWhatArrivesAtOnceAndIsGivenUpForTheRest) {
  with_connection([](Host& host, Connection& client, Connection& server) {
    MemoryBudget others(1 << 20, 0);
    MemoryBudget budget(100'000, 0);
    MemoryBudget::Charge held;
    budget.charge_at_once(held, 100'000);
    MutableBytes scratch(FrameAssembler::scratch_bytes);
    FrameAssembler frames(server, host.clock(), others, scratch, 1 << 20);
    frames.charge_to(budget, false);
    ASSERT_TRUE(client.write(frame_of(std::string(30'000, 'x'))));
    host.clock().sleep_for(seconds(1));
    auto whole = frames.next();
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->kind, FrameAssembler::Kind::frame);
    EXPECT_EQ(whole->frame.size(), 30'000u);
    ASSERT_TRUE(client.write(ByteChain(frame_of(std::string(30'000, 'x')).flatten().slice(0, 20'000))));
    host.clock().sleep_for(seconds(1));
    auto half = frames.next();
    ASSERT_FALSE(half.has_value());
    EXPECT_EQ(half.error().code, Errc::no_resources);
    EXPECT_EQ(others.held(), 0);
  });
}

TEST(FrameAssembler, WhatItKeepsBetweenFramesIsChargedToTheBudgetThatItChangesTo) {
  with_connection([](Host& host, Connection& client, Connection& server) {
    MemoryBudget first(1 << 20, 0);
    MemoryBudget second(1 << 20, 0);
    MutableBytes scratch(FrameAssembler::scratch_bytes);
    FrameAssembler frames(server, host.clock(), first, scratch, 1 << 20);
    auto both = frame_of("the first one").flatten();
    ASSERT_TRUE(client.write(ByteChain(Bytes::copy_of(std::string(both.view()) + std::string(both.view())))));
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(next_frame(frames, server)->view(), "the first one");
    EXPECT_GT(first.held(), 0);
    frames.charge_to(second, true);
    EXPECT_EQ(first.held(), 0);
    EXPECT_EQ(second.held(), static_cast<std::int64_t>(both.size()));
    EXPECT_EQ(next_frame(frames, server)->view(), "the first one");
    EXPECT_EQ(second.held(), 0);
  });
}

}  // namespace
}  // namespace fulmar
