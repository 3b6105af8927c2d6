// What an observer of a world is told: that causes are exact, and that nothing depends on whether anybody observes.
#include "sim/happening.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {
namespace {

using Kind = Happening::Kind;

constexpr std::uint16_t port = 7;

// Answers one byte with another, each on a shard of its own, and keeps what it got in a file.
int answer(Host& host) {
  auto listener = host.network().listen({"", port}, false).value();
  auto file = host.disk().open("kept", OpenMode::open_or_create).value();
  for (;;) {
    auto accepted = listener->accept();
    if (!accepted) return 1;
    char byte = 0;
    while ((*accepted)->read({&byte, 1}).value_or(0) == 1) {
      host.on_shard(1, [](Host&) { return 0; });
      if (!file->write_at(0, ByteChain(Bytes::copy_of({&byte, 1}))) || !file->sync()) return 1;
      if (!(*accepted)->write(ByteChain(Bytes::copy_of("b")))) break;
    }
  }
}

int ask(Host& host) {
  auto connection = host.network().connect({"10.0.0.1", port}, host.clock().deadline_in(seconds(5)));
  if (!connection) return 1;
  for (int i = 0; i < 10; ++i) {
    char byte = 0;
    if (!(*connection)->write(ByteChain(Bytes::copy_of("a")))) return 1;
    if ((*connection)->read({&byte, 1}).value_or(0) != 1) return 1;
    host.clock().sleep_for(milliseconds(10));
  }
  host.log().info("done");
  host.clock().sleep_for(seconds(60));
  return 0;
}

struct Observed {
  std::vector<Happening> all;
  std::uint64_t hash = 0;

  const Happening& number(std::uint64_t n) const { return all.at(n - 1); }
  std::vector<Happening> of(Kind kind, std::size_t node) const {
    std::vector<Happening> found;
    for (const auto& happening : all)
      if (happening.kind == kind && happening.where && happening.where->node == node) found.push_back(happening);
    return found;
  }
};

// The server is killed at one second, when the client waits for nothing any more.
Observed life(std::uint64_t seed, bool observed = true) {
  Observed result;
  World world(seed);
  if (observed) world.trace().set_observer([&](const Happening& happening) { result.all.push_back(happening); });
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(2, answer);
  client.start(1, ask);
  world.run_for(seconds(1));
  server.kill();
  world.run_for(seconds(1));
  client.kill();
  world.trace().set_observer({});
  result.hash = world.trace().hash();
  return result;
}

TEST(Happening, IsToldWithoutAnEffectOnTheLife) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto first = life(seed);
    EXPECT_EQ(first.hash, life(seed, false).hash);
    EXPECT_EQ(first.all, life(seed).all);
  }
}

TEST(Happening, IsNumberedInOrderAndLaterThanItsCause) {
  auto told = life(1);
  ASSERT_GT(told.all.size(), 50u);
  for (std::size_t i = 0; i < told.all.size(); ++i) {
    const auto& happening = told.all[i];
    EXPECT_EQ(happening.number, i + 1);
    EXPECT_LT(happening.cause, happening.number);
    if (i == 0) continue;
    EXPECT_GE(happening.at, told.all[i - 1].at);
    EXPECT_GE(happening.events, told.all[i - 1].events);
  }
}

TEST(Happening, EachMessageThatArrivesHasTheOneThatWasSent) {
  auto told = life(2);
  std::set<std::uint64_t> causes;
  int messages = 0, between_shards = 0;
  for (const auto& happening : told.all) {
    if (happening.kind != Kind::received || happening.text.starts_with("breaks")) continue;
    ASSERT_NE(happening.cause, 0u) << happening.text;
    const auto& sent = told.number(happening.cause);
    EXPECT_EQ(sent.kind, Kind::sent);
    EXPECT_EQ(sent.peer, happening.where->node);
    EXPECT_EQ(happening.peer, sent.where->node);
    EXPECT_EQ(sent.bytes, happening.bytes);
    EXPECT_TRUE(causes.insert(happening.cause).second) << "received twice";
    messages += happening.bytes > 0;
    between_shards += happening.peer == happening.where->node;
  }
  EXPECT_EQ(messages, 20);
  EXPECT_EQ(between_shards, 20) << "a call of another shard and its return, for each byte";
}

TEST(Happening, MessagesBetweenShardsNameThem) {
  auto told = life(3);
  const Happening* call = nullptr;
  for (const auto& happening : told.all)
    if (happening.kind == Kind::received && happening.where == Place{0, 1}) call = &happening;
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(told.number(call->cause).where, (Place{0, 0}));
}

TEST(Happening, SyncsSayWhenTheyBeganAndOfWhatTheyAre) {
  auto told = life(4);
  auto syncs = told.of(Kind::sync, 0);
  ASSERT_EQ(syncs.size(), 10u);
  for (const auto& sync : syncs) {
    EXPECT_EQ(sync.subject, "kept");
    EXPECT_EQ(sync.where, (Place{0, 0}));
    ASSERT_TRUE(sync.began);
    EXPECT_LT(*sync.began, sync.at);
  }
  auto writes = told.of(Kind::disk, 0);
  EXPECT_EQ(std::ranges::count(writes, "write at 0", &Happening::text), 10);
}

TEST(Happening, ProcessesAndTheirLogsAreTold) {
  auto told = life(5);
  auto texts = [&](std::size_t node) {
    std::vector<std::string> all;
    for (const auto& happening : told.of(Kind::process, node)) all.push_back(happening.text);
    return all;
  };
  EXPECT_EQ(texts(0), (std::vector<std::string>{"starts", "is killed"}));
  auto logs = told.of(Kind::log, 1);
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].text, "INFO main: done");
  EXPECT_EQ(logs[0].where, (Place{1, 0}));
}

TEST(Happening, WhatAFaultDoesHasItAsItsCause) {
  World world(1);
  std::vector<Happening> all;
  world.trace().set_observer([&](const Happening& happening) { all.push_back(happening); });
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  server.start(2, answer);
  client.start(1, ask);
  world.run_for(milliseconds(50));
  std::uint64_t fault = world.trace().tell(world.now(), [] { return Happening{.kind = Kind::fault}; });
  {
    Trace::Acting acting(world.trace(), fault);
    server.power_loss();
  }
  ASSERT_FALSE(all.empty());
  for (const auto& happening : all) {
    if (happening.number <= fault || happening.kind != Kind::process) continue;
    EXPECT_EQ(happening.cause, fault);
  }
  EXPECT_EQ(all.back().where->node, 0u);
  client.kill();
  EXPECT_EQ(all.back().cause, 0u) << "the fault acts no more";
  world.trace().set_observer({});
}

}  // namespace
}  // namespace fulmar
