#include "sim/world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <set>

#include "runtime/fiber/slices.h"

namespace fulmar {
namespace {

// A server that echoes, and a client that sends `count` words and expects them back.
int echo(Host& host) {
  auto listener = host.network().listen({"", 7}, false).value();
  FiberGroup connections;
  for (;;) {
    auto accepted = listener->accept();
    if (!accepted) return 1;
    connections.spawn("echo", [connection = std::move(*accepted)] {
      char buffer[64];
      for (;;) {
        auto read = connection->read(buffer);
        if (!read || *read == 0) return;
        if (!connection->write(ByteChain(Bytes::copy_of({buffer, *read})))) return;
      }
    });
  }
}

int say(Host& host, int count) {
  for (int i = 0; i < count; ++i) {
    auto connection = host.network().connect({"10.0.0.1", 7}, host.clock().deadline_in(seconds(5)));
    if (!connection) continue;
    std::string word = "word " + std::to_string(i);
    if (!(*connection)->write(ByteChain(Bytes::copy_of(word)))) continue;
    std::string heard;
    while (heard.size() < word.size()) {
      char buffer[16];
      auto read = (*connection)->read(buffer, host.clock().deadline_in(seconds(5)));
      if (!read || *read == 0) break;
      heard.append(buffer, *read);
    }
    if (heard != word) return 1;
    host.clock().sleep_for(milliseconds(10));
  }
  return 0;
}

std::uint64_t hash_of(std::uint64_t seed, bool readable) {
  World world(seed);
  if (readable) world.trace().set_sink([](Instant, std::string_view) {});
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(2, echo);
  client.start(1, [](Host& host) { return say(host, 20); });
  world.run_for(seconds(1));
  server.kill();
  client.kill();
  EXPECT_EQ(client.exit_code(), 0);
  EXPECT_TRUE(world.leaks().empty());
  return world.trace().hash();
}

TEST(World, TheSameSeedIsTheSameLife) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto hash = hash_of(seed, false);
    EXPECT_EQ(hash, hash_of(seed, true));
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 20u);
}

TEST(World, AKillResetsItsConnectionsAndAPowerLossSaysNothing) {
  for (bool power : {false, true}) {
    World world(7);
    auto& server = world.add_node("server");
    auto& client = world.add_node("client");
    server.start(1, echo);
    std::optional<bool> timed_out;
    client.start(1, [&](Host& host) {
      auto connection = host.network().connect({"10.0.0.1", 7}, Deadline::never()).value();
      char buffer[8];
      auto read = connection->read(buffer, host.clock().deadline_in(seconds(5)));
      timed_out = !read && read.error().code == Errc::timed_out;
      return 0;
    });
    world.run_for(seconds(1));
    power ? server.power_loss() : server.kill();
    world.run_for(seconds(10));
    EXPECT_EQ(timed_out, power);
  }
}

TEST(World, AOneWayCutHoldsBackOneDirection) {
  World world(3);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(1, echo);
  int code = -1;
  client.start(1, [&](Host& host) {
    host.clock().sleep_for(seconds(2));
    auto connection = host.network().connect({"10.0.0.1", 7}, host.clock().deadline_in(seconds(1)));
    code = connection.has_value() ? 0 : connection.error().code == Errc::timed_out ? 1 : 2;
    return 0;
  });
  world.network().link(0, 1).cut = true;
  world.run_for(seconds(10));
  EXPECT_EQ(code, 1);
}

// The time that messages in flight take once a slow link is fast again after five seconds; with `cut` the link was cut
// for the last two.
Duration time_to_come_once_fast_again(bool cut) {
  World world(7);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  std::optional<Instant> answered;
  server.start(1, echo);
  client.start(1, [&](Host& host) {
    auto connection = host.network().connect({"10.0.0.1", 7}, Deadline::never());
    std::string piece(1000, 'x');
    for (int n = 0; n < 100; ++n)
      EXPECT_TRUE((*connection)->write(ByteChain(Bytes::copy_of(piece)), Deadline::never()));
    std::size_t read = 0;
    char buffer[4096];
    while (read < 100 * piece.size()) read += (*connection)->read(buffer, Deadline::never()).value();
    answered = world.now();
    return 0;
  });
  world.run_for(microseconds(1));
  world.network().link(1, 0).bytes_per_ms = 10;
  world.run_for(seconds(3));
  world.network().link(1, 0).cut = cut;
  world.run_for(seconds(2));
  EXPECT_FALSE(answered) << "it takes ten seconds";
  auto since = world.now();
  world.network().link(1, 0) = LinkFaults{};
  world.network().pace_again();
  EXPECT_TRUE(world.run_until([&] { return answered.has_value(); }, since + seconds(60)));
  return *answered - since;
}

TEST(World, WhatWasSentOverASlowLinkComesAtOnceWhenTheLinkIsFastAgain) {
  EXPECT_LT(time_to_come_once_fast_again(false), milliseconds(100));
}

// Each segment that was due meanwhile has its own retry, and what comes after it arrives at once.
TEST(World, WhatWasSentOverASlowLinkThatWasCutTooIsNotSlowAnyMore) {
  EXPECT_LT(time_to_come_once_fast_again(true), seconds(2));
}

TEST(World, APausedProcessDoesNothingAndGoesOn) {
  World world(5);
  auto& node = world.add_node("node");
  int ticks = 0;
  node.start(1, [&](Host& host) {
    for (;;) {
      host.clock().sleep_for(seconds(1));
      ++ticks;
    }
    return 0;
  });
  world.run_for(milliseconds(2500));
  EXPECT_EQ(ticks, 2);
  node.pause();
  world.run_for(seconds(10));
  EXPECT_EQ(ticks, 2);
  node.resume();
  world.run_for(milliseconds(10));
  EXPECT_EQ(ticks, 3);
}

TEST(World, TheWallClockJumpsAndTheMonotonicOneDoesNot) {
  World world(5);
  auto& node = world.add_node("node");
  auto before = node.wall_ms();
  node.jump_clock(-3'600'000);
  EXPECT_EQ(node.wall_ms(), before - 3'600'000);
  node.set_clock({0, 1000});
  world.run_for(seconds(1000));
  EXPECT_EQ(node.wall_ms(), before + 1'000'000 + 1000);
  EXPECT_EQ(world.now().ns, 1'000'000'000'000);
}

// Kills at any time, and after any step: also between the message that a call has ended and its arrival.
TEST(World, AKillAmidCallsBetweenShardsLeaksNothing) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    World world(seed % 200);
    auto& node = world.add_node("node");
    node.start(3, [](Host& host) {
      FiberGroup group;
      for (unsigned shard = 0; shard < 3; ++shard) {
        group.spawn("caller", [&host, shard] {
          for (int i = 0;; ++i) {
            int there = host.on_shard(shard, [i](Host& remote) {
              remote.clock().sleep_for(microseconds(10));
              return i;
            });
            EXPECT_EQ(there, i);
          }
        });
      }
      host.clock().sleep_for(milliseconds(1));
      return 0;
    });
    if (seed < 200)
      world.run_for(microseconds(static_cast<std::int64_t>(seed) * 6));
    else
      world.run_until([steps = seed - 200]() mutable { return steps-- == 0; }, world.now() + seconds(1));
    node.kill();
    EXPECT_TRUE(world.leaks().empty());
  }
}

TEST(World, MessagesOfOnePairOfShardsArriveInOrder) {
  World world(11);
  auto& node = world.add_node("node");
  std::vector<int> arrived;
  node.start(2, [&](Host& host) {
    for (int i = 0; i < 100; ++i) host.post(1, nullptr, [&arrived, i](Host&) { arrived.push_back(i); });
    host.clock().sleep_for(seconds(1));
    return 0;
  });
  world.run_for(seconds(2));
  ASSERT_EQ(arrived.size(), 100u);
}

TEST(World, BackPressureHoldsAWriterWhoIsNotRead) {
  World world(13);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(1, [](Host& host) {
    auto listener = host.network().listen({"", 7}, false).value();
    auto connection = listener->accept();
    host.clock().sleep_for(seconds(100));
    return 0;
  });
  bool timed_out = false;
  client.start(1, [&](Host& host) {
    auto connection = host.network().connect({"server", 7}, Deadline::never());
    if (!connection) {
      connection = host.network().connect({"10.0.0.1", 7}, Deadline::never());
    }
    auto written =
        (*connection)
            ->write(ByteChain(Bytes::copy_of(std::string(1 << 20, 'x'))), host.clock().deadline_in(seconds(2)));
    timed_out = !written && written.error().code == Errc::timed_out;
    return 0;
  });
  world.run_for(seconds(10));
  EXPECT_TRUE(timed_out);
}

TEST(World, AStalledShardStandsStillAndTheOthersGoOn) {
  World world(5);
  auto& node = world.add_node("node");
  int ticks[2] = {0, 0};
  auto tick = [&ticks](Host& host) {
    for (;;) {
      host.clock().sleep_for(seconds(1));
      ++ticks[host.shard()];
    }
  };
  node.start(2, [tick](Host& host) {
    FiberGroup group;
    group.spawn("other", [&host, tick] { host.on_shard(1, tick); });
    tick(host);
    return 0;
  });
  world.run_for(milliseconds(2500));
  node.stall_shard(3);
  world.run_for(seconds(5));
  EXPECT_EQ(ticks[0], 7);
  EXPECT_EQ(ticks[1], 2);
  node.end_stalls();
  world.run_for(milliseconds(10));
  EXPECT_EQ(ticks[1], 3) << "its timer was late";
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

TEST(World, StepsOfASlowProcessTakeTime) {
  World world(5);
  auto& node = world.add_node("node");
  int steps = 0;
  node.start(1, [&](Host&) {
    for (;; ++steps) Scheduler::current().yield();
    return 0;
  });
  node.set_step_cost(milliseconds(1));
  world.run_for(milliseconds(100));
  EXPECT_GE(steps, 95);
  EXPECT_LE(steps, 105);
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

// On a shard with one busy fiber and another that wakes up each millisecond: the maximal delay of the latter.
Duration latest_wakeup(unsigned work_factor, const std::function<void()>& work, std::vector<ShardStall>* stalls) {
  World world(5);
  auto& node = world.add_node("node");
  node.set_work_factor(work_factor);
  Duration latest(0);
  node.start(1, [&](Host& host) {
    bool over = false;
    FiberGroup group;
    group.spawn("clock", [&] {
      while (!over) {
        auto at = host.clock().now() + milliseconds(1);
        host.clock().sleep_until(at);
        latest = std::max(latest, host.clock().now() - at);
      }
    });
    host.clock().sleep_for(milliseconds(10));
    work();
    host.clock().sleep_for(milliseconds(10));
    over = true;
    return 0;
  });
  world.run_for(seconds(10));
  EXPECT_EQ(node.exit_code(), 0);
  if (stalls) *stalls = world.stalls();
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
  return latest;
}

TEST(World, DeclaredWorkTakesTheShardAsLong) {
  std::vector<ShardStall> stalls;
  auto late = latest_wakeup(1, [] { declare_work(milliseconds(20)); }, &stalls);
  EXPECT_GE(late, milliseconds(19));
  EXPECT_LE(late, milliseconds(20));
  EXPECT_TRUE(stalls.empty());
  late = latest_wakeup(3, [] { declare_work(milliseconds(20)); }, &stalls);
  EXPECT_GE(late, milliseconds(59));
  EXPECT_LE(late, milliseconds(60));
}

TEST(World, ShortWorkTakesNoTime) {
  EXPECT_EQ(latest_wakeup(1, [] { declare_work(microseconds(10)); }, nullptr), Duration(0));
}

TEST(World, WorkInSlicesHoldsUpNobodyForLong) {
  std::vector<ShardStall> stalls;
  auto work = [] {
    for (int i = 0; i < 1000; ++i) work_in_slices(microseconds(100));
  };
  // The next fiber is drawn: the other's turn may come a few slices late.
  EXPECT_LE(latest_wakeup(1, work, &stalls), 10 * slice_length);
  EXPECT_TRUE(stalls.empty());
  latest_wakeup(10, work, &stalls);
  EXPECT_TRUE(stalls.empty());
}

TEST(World, AFiberThatWorksForLongWithoutLettingOthersRunIsNoted) {
  std::vector<ShardStall> stalls;
  auto work = [] {
    for (int i = 0; i < 1000; ++i) declare_work(microseconds(100));
  };
  latest_wakeup(1, work, &stalls);
  ASSERT_EQ(stalls.size(), 1u);
  EXPECT_EQ(stalls[0].where, "node/0");
  EXPECT_EQ(stalls[0].fiber, "main");
  EXPECT_EQ(stalls[0].work, milliseconds(100));
  latest_wakeup(1, [] { declare_work(World::stall_min); }, &stalls);
  EXPECT_TRUE(stalls.empty());
}

TEST(World, AProcessThatDiesWhileItComputesIsGoneAtOnce) {
  World world(5);
  auto& node = world.add_node("node");
  int steps = 0;
  auto main = [&](Host&) {
    for (;; ++steps) work_in_slices(milliseconds(10));
    return 0;
  };
  node.start(1, main);
  world.run_for(milliseconds(95));
  EXPECT_EQ(steps, 9);
  node.kill();
  node.start(1, main);
  world.run_for(milliseconds(1));
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

TEST(World, DiskErrorsHitTheOperationsTheyAreOf) {
  World world(5);
  auto& node = world.add_node("node");
  DiskFaults faults;
  bool open = true, rename = true, remove = true, list = true, undone = false;
  node.start(1, [&](Host& host) {
    auto& disk = host.disk();
    if (!replace_file(disk, "there", ByteChain(Bytes::copy_of("content")))) return 1;
    faults.open_error_permille = faults.rename_error_permille = 1000;
    faults.remove_error_permille = faults.list_error_permille = 1000;
    node.disk().set_faults(faults);
    open = disk.open("there", OpenMode::read).has_value();
    rename = disk.rename("there", "elsewhere").has_value();
    remove = disk.remove("there").has_value();
    list = disk.list("").has_value();
    node.disk().set_faults({});
    undone = read_file(disk, "there", 100).has_value() && !disk.open("elsewhere", OpenMode::read);
    return 0;
  });
  world.run_for(seconds(1));
  EXPECT_EQ(node.exit_code(), 0);
  EXPECT_FALSE(open || rename || remove || list);
  EXPECT_TRUE(undone) << "what failed was not done";
}

TEST(World, ShortReadsAreReadOn) {
  World world(5);
  auto& node = world.add_node("node");
  std::string content(10'000, 'x'), read;
  node.start(1, [&](Host& host) {
    if (!replace_file(host.disk(), "file", ByteChain(Bytes::copy_of(content)))) return 1;
    DiskFaults faults;
    faults.short_read_permille = 900;
    node.disk().set_faults(faults);
    read = read_file(host.disk(), "file", content.size()).value().view();
    return 0;
  });
  world.run_for(seconds(10));
  EXPECT_EQ(read, content);
  EXPECT_GT(node.disk().short_reads(), 0u);
}

TEST(World, SlowReadsTakeTheirTimeAndWritesDoNot) {
  World world(5);
  auto& node = world.add_node("node");
  Duration writing{}, reading{};
  node.start(1, [&](Host& host) {
    DiskFaults faults;
    faults.slow_read_ms = 1000;
    node.disk().set_faults(faults);
    auto begun = host.clock().now();
    for (int i = 0; i < 10; ++i)
      if (!replace_file(host.disk(), "file", ByteChain(Bytes::copy_of("content")))) return 1;
    writing = host.clock().now() - begun;
    begun = host.clock().now();
    for (int i = 0; i < 10; ++i)
      if (!read_file(host.disk(), "file", 7)) return 1;
    reading = host.clock().now() - begun;
    return 0;
  });
  world.run_for(seconds(30));
  EXPECT_EQ(node.exit_code(), 0);
  EXPECT_LT(writing, seconds(1));
  EXPECT_GT(reading, seconds(1));
  EXPECT_LT(reading, seconds(10));
}

TEST(World, AfterABranchTheLifeTakesAnotherWayWhichTheSeedDetermines) {
  auto life = [](std::uint64_t branch, std::vector<std::uint64_t>& hashes) {
    World world(7);
    if (branch > 0) world.branch_at(100, branch);
    world.trace().set_watch([&](std::uint64_t, Instant, std::uint64_t hash) { hashes.push_back(hash); });
    for (const char* name : {"a", "b"})
      world.add_node(name).start(1, [](Host& host) {
        while (replace_file(host.disk(), "file", ByteChain(Bytes::copy_of("x")))) continue;
        return 0;
      });
    world.run_for(seconds(1));
    return world.trace().hash();
  };
  std::vector<std::uint64_t> none, one, again, two;
  auto first = life(0, none);
  EXPECT_NE(first, life(1, one));
  EXPECT_EQ(life(1, again), life(1, again));
  EXPECT_NE(life(1, again), life(2, two));
  ASSERT_GT(std::min(none.size(), one.size()), 200u);
  auto parted = std::ranges::mismatch(none, one).in1 - none.begin();
  EXPECT_GE(parted, 100);
  EXPECT_LT(parted, 200);
}

}  // namespace
}  // namespace fulmar
