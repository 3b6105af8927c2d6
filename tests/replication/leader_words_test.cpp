// The age of announced leaderships: the receiver measures it by its own clock, however late they arrive.
#include <gtest/gtest.h>

#include "broker/protocol/message.h"
#include "broker/replication/greeting.h"
#include "broker/replication/peer_link.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/replication/peers_kit.h"

namespace fulmar {
namespace {

constexpr std::size_t hearer = 0;
constexpr std::size_t teller = 1;

// Broker 1 receives, and broker 2 announces over a link.
struct Words {
  struct Word {
    Instant heard_at;  // in simulated time, like the world's times
    Duration age{};    // as measured by the receiver
  };
  World world{1, LogLevel::error};
  std::vector<Word> announced;
  std::vector<Word> vouched;
  PeerLink* link = nullptr;
  bool vouches = true;

  Words() {
    world.add_node("hearer");
    world.add_node("teller");
    world.node(hearer).start(1, [this](Host& host) {
      auto peers = peers_of(1);
      auto note = [&](std::vector<Word>& words, std::int64_t as_of) {
        words.push_back({world.now(), host.clock().now() - Instant{as_of}});
      };
      PeerServer::Handlers handlers;
      handlers.deliver = [](std::vector<GroupMessage>) {};
      handlers.pulses = [&](const PeerConnection&, const PulsesRequest& said) {
        if (said.leads) note(vouched, said.as_of);
      };
      handlers.learn_leaders = [&](const PeerConnection&, const LeadersRequest& said) {
        note(announced, said.as_of);
        return true;
      };
      return serve_peers(host, peers, std::move(handlers));
    });
    world.run_for(milliseconds(10));
  }

  // With a link that the test uses from outside of its node.
  void start_teller() {
    world.node(teller).start(1, [this](Host& host) { return run_link(host, link, [this] { return vouches; }); });
    world.run_for(milliseconds(10));
  }

  void vouch_for(Duration time) {
    for (auto end = world.now() + time; world.now() < end; world.run_for(milliseconds(100)))
      if (link) link->vouch();
  }

  ~Words() {
    for (auto node : {hearer, teller}) world.node(node).request_stop();
    EXPECT_TRUE(world.run_until([&] { return !world.node(hearer).running() && !world.node(teller).running(); },
                                world.now() + seconds(10)));
  }
};

LeadersRequest::Leader led(std::int32_t epoch) {
  LeadersRequest::Leader leader;
  leader.broker_id = 2;
  leader.epoch = epoch;
  return leader;
}

TEST(LeaderWords, AreAsOldAsTheLastRoundWhereAllIsWell) {
  Words words;
  words.start_teller();
  words.link->announce({led(1)});
  words.vouch_for(seconds(2));
  ASSERT_EQ(words.announced.size(), 1u);
  EXPECT_LT(words.announced.front().age, milliseconds(10)) << "the greeting was answered just before";
  ASSERT_GE(words.vouched.size(), 19u);
  for (const auto& word : words.vouched) EXPECT_LT(word.age, milliseconds(120));
}

// Whatever was written before the delay was sent before it.
TEST(LeaderWords, ThatWereHeldUpAreNoYoungerForIt) {
  Words words;
  words.start_teller();
  words.link->announce({led(1)});
  words.vouch_for(seconds(1));
  words.world.network().link(teller, hearer).clogged_until = words.world.now() + seconds(5);
  auto held_up_at = words.world.now();
  auto heard = words.vouched.size();
  words.link->announce({led(2)});
  words.vouch_for(milliseconds(4900));
  ASSERT_EQ(words.vouched.size(), heard);
  ASSERT_EQ(words.announced.size(), 1u);
  words.vouches = false;  // not again when the peer is heard
  words.world.run_for(milliseconds(300));
  words.vouches = true;
  ASSERT_GT(words.vouched.size(), heard + 10);
  for (auto n = heard; n < words.vouched.size(); ++n)
    EXPECT_GE(words.vouched[n].age, words.vouched[n].heard_at - held_up_at) << n;
  ASSERT_EQ(words.announced.size(), 2u);
  EXPECT_GE(words.announced.back().age, words.announced.back().heard_at - held_up_at);
  words.vouch_for(seconds(1));
  EXPECT_LT(words.vouched.back().age, milliseconds(120)) << "and it is as before again";
}

TEST(LeaderWords, AfterALongSilenceAreVouchedForAtOnce) {
  Words words;
  words.start_teller();
  words.link->announce({});
  words.world.run_for(seconds(20));
  words.link->announce({led(1)});
  words.world.run_for(milliseconds(10));
  EXPECT_GT(words.announced.back().age, seconds(19)) << "nothing was heard of the other since";
  ASSERT_FALSE(words.vouched.empty());
  EXPECT_LT(words.vouched.back().age, milliseconds(10));
  EXPECT_LE(words.vouched.size(), 2u);
}

TEST(LeaderWords, AreNotVouchedForWhereTheyDoNotHold) {
  Words words;
  words.start_teller();
  words.link->announce({});
  words.world.run_for(seconds(20));
  words.vouches = false;
  words.link->announce({led(1)});
  words.world.run_for(seconds(1));
  EXPECT_EQ(words.announced.size(), 2u);
  EXPECT_TRUE(words.vouched.empty());
}

// A peer can make its announcements neither younger than the clock says nor as old as another connection.
TEST(LeaderWords, AsOfATimeThatNobodyToldAreRefused) {
  Words words;
  auto& node = words.world.node(teller);
  node.start(1, [&](Host& host) {
    auto peers = peers_of(2);
    auto says = [&](Duration from_clock) {
      auto greeted = greet(host, peers, peers_address, host.clock().deadline_in(seconds(5))).value();
      PulsesRequest pulses;
      pulses.from_directory_id = peers.self.directory;
      pulses.to_directory_id = greeted.answer.directory_id;
      pulses.leads = true;
      pulses.as_of = (Instant{greeted.answer.clock} + from_clock).ns;
      auto deadline = host.clock().deadline_in(seconds(5));
      EXPECT_TRUE(greeted.connection->write(request_frame(pulses, 0, 0, ""), deadline));
      char byte = 0;
      auto answered = greeted.connection->read({&byte, 1}, deadline);
      return answered && *answered == 1;
    };
    EXPECT_TRUE(says(seconds(0)));
    EXPECT_FALSE(says(seconds(1)));
    EXPECT_FALSE(says(-seconds(1)));
    return 0;
  });
  words.world.run_for(seconds(10));
  EXPECT_EQ(words.vouched.size(), 1u);
}

}  // namespace
}  // namespace fulmar
