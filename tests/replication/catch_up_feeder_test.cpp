#include "broker/replication/catch_up_feeder.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {
namespace {

const ReplicaId peers[] = {{2, {2, 2}}, {3, {3, 3}}};

// A feeder of 1000 bytes a second, whose followers take 500 bytes at a time while they lack any.
class Feeding {
 public:
  explicit Feeding(Host& host)
      : host_(host),
        feeder_(host, 1000,
                {[this](const GroupId& group, const ReplicaId& peer) { return feed(group, peer); },
                 [this](const ReplicaId& peer) { return !stuck.contains(peer); }}) {
    fibers_.spawn("feeder", [this] { feeder_.run(); });
  }
  ~Feeding() {
    fibers_.cancel();
    fibers_.join();
  }

  void lacks(int group, const ReplicaId& peer, int appends) {
    left_[{group, peer}] = appends;
    feeder_.wants_feeding(id(group), peer);
  }
  void drained(const ReplicaId& peer) {
    stuck.erase(peer);
    feeder_.link_drained();
  }

  struct Feed {
    Duration after;
    int group;
    std::int32_t broker;
    bool operator==(const Feed&) const = default;
  };
  std::vector<Feed> fed;
  int asked = 0;
  std::set<ReplicaId> stuck;

 private:
  static GroupId id(int group) { return {{7, 7}, group}; }

  std::size_t feed(const GroupId& group, const ReplicaId& peer) {
    ++asked;
    auto& left = left_[{group.partition, peer}];
    if (left == 0) return 0;
    fed.push_back({host_.clock().now() - begun_, group.partition, peer.broker});
    if (--left > 0) feeder_.wants_feeding(group, peer);
    return 500;
  }

  Host& host_;
  Instant begun_ = host_.clock().now();
  CatchUpFeeder feeder_;
  std::map<std::pair<int, ReplicaId>, int> left_;
  FiberGroup fibers_;
};

void in_a_world(const std::function<void(Host&)>& body) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  node.start(1, [&](Host& host) {
    body(host);
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
}

TEST(CatchUpFeeder, FeedsWhenThereIsRoomAndNotSooner) {
  in_a_world([](Host& host) {
    Feeding feeding(host);
    feeding.lacks(0, peers[0], 5);
    host.clock().sleep_for(seconds(20));
    std::vector<Duration> times;
    for (const auto& one : feeding.fed) times.push_back(one.after);
    // The saved rate pays for two of them, and the third is sent as soon as there is no debt.
    EXPECT_EQ(times, (std::vector<Duration>{milliseconds(0), milliseconds(0), milliseconds(0), milliseconds(500),
                                            milliseconds(1000)}));
    EXPECT_EQ(feeding.asked, 5) << "between turns it asks nobody";
  });
}

TEST(CatchUpFeeder, LetsAllTakeTurns) {
  in_a_world([](Host& host) {
    Feeding feeding(host);
    for (int group = 0; group < 3; ++group)
      for (const auto& peer : peers) feeding.lacks(group, peer, 100);
    host.clock().sleep_for(seconds(12));
    std::map<std::pair<int, std::int32_t>, int> turns;
    for (const auto& one : feeding.fed) ++turns[{one.group, one.broker}];
    ASSERT_EQ(turns.size(), 6u);
    for (const auto& [who, count] : turns) {
      EXPECT_GE(count, 4) << who.first << " to " << who.second;
      EXPECT_LE(count, 5) << who.first << " to " << who.second;
    }
  });
}

TEST(CatchUpFeeder, PassesOverWhoseLinkIsBusyUntilItIsNot) {
  in_a_world([](Host& host) {
    Feeding feeding(host);
    feeding.stuck.insert(peers[0]);
    feeding.lacks(0, peers[0], 1);
    feeding.lacks(0, peers[1], 4);
    host.clock().sleep_for(seconds(5));
    ASSERT_EQ(feeding.fed.size(), 4u);
    for (const auto& one : feeding.fed) EXPECT_EQ(one.broker, peers[1].broker);
    feeding.drained(peers[0]);
    host.clock().sleep_for(milliseconds(1));
    EXPECT_EQ(feeding.fed.back(), (Feeding::Feed{seconds(5), 0, peers[0].broker}));
  });
}

// Appends that were larger than expected are paid for by whoever comes next.
TEST(CatchUpFeeder, HoldsWhoComesLaterToWhatOthersTook) {
  in_a_world([](Host& host) {
    Feeding feeding(host);
    feeding.lacks(0, peers[0], 4);
    host.clock().sleep_for(milliseconds(600));
    ASSERT_EQ(feeding.fed.size(), 4u);
    feeding.lacks(1, peers[1], 1);
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(feeding.fed.back(), (Feeding::Feed{milliseconds(1000), 1, peers[1].broker}));
  });
}

}  // namespace
}  // namespace fulmar
