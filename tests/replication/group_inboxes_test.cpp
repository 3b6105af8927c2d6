// Groups process their messages independently.
#include "broker/replication/group_inboxes.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <vector>

#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {
namespace {

const ReplicaId leader{1, {1, 1}}, self{2, {2, 2}};

GroupMessage said(std::int32_t group, Epoch term, std::size_t bytes = 0) {
  return {{{7, 7}, group}, {leader, self, term, Heartbeat{}}, Bytes::copy_of(std::string(bytes, 'x'))};
}

// Groups that process their messages at once, except for stuck ones.
class Groups {
 public:
  explicit Groups(Host& host) : clock_(host.clock()) {}

  void let_go_on(std::int32_t group) { stuck.at(group).set(); }
  void pass_time(Duration time = milliseconds(1)) { clock_.sleep_for(time); }
  Deadline deadline_in(Duration time) { return clock_.deadline_in(time); }
  Instant now() { return clock_.now(); }

  std::map<std::int32_t, Event> stuck;
  std::map<std::int32_t, std::vector<Epoch>> dealt_with;

 private:
  Clock& clock_;

 public:
  GroupInboxes inboxes{clock_, [this](const GroupMessage& message) {
                         auto group = message.group.partition;
                         if (auto found = stuck.find(group); found != stuck.end()) found->second.wait();
                         dealt_with[group].push_back(message.message.term);
                       }};
};

void in_a_world(const std::function<void(Groups&)>& body) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  node.start(1, [&](Host& host) {
    Groups groups(host);
    body(groups);
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, world.now() + seconds(100)));
}

TEST(GroupInboxes, AStuckGroupHoldsUpNoOther) {
  in_a_world([](Groups& groups) {
    groups.stuck[0];
    for (Epoch term = 0; term < 10; ++term)
      for (std::int32_t group = 0; group < 3; ++group) groups.inboxes.put(said(group, term));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0].size(), 0u);
    EXPECT_EQ(groups.dealt_with[1].size(), 10u);
    EXPECT_EQ(groups.dealt_with[2].size(), 10u);
    groups.let_go_on(0);
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0], (std::vector<Epoch>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})) << "in the order they came";
    EXPECT_EQ(groups.inboxes.bytes(), 0u);
  });
}

TEST(GroupInboxes, AnInboxIsBoundedAndWhatDoesNotFitIsLost) {
  in_a_world([](Groups& groups) {
    groups.stuck[0];
    for (Epoch term = 0; term < 100; ++term) groups.inboxes.put(said(0, term, 1 << 20));
    EXPECT_LE(groups.inboxes.bytes(), GroupInboxes::group_bytes_max);
    groups.inboxes.put(said(1, 0, 1 << 20));
    groups.let_go_on(0);
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[1].size(), 1u);
    EXPECT_GE(groups.dealt_with[0].size(), 16u) << "as many appends as a leader has in flight";
    EXPECT_LT(groups.dealt_with[0].size(), 100u);
    groups.inboxes.put(said(0, 1000, 1 << 20));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0].back(), 1000) << "there is room again";
  });
}

TEST(GroupInboxes, AllGroupsTogetherAreBoundedHoweverManyThereAre) {
  in_a_world([](Groups& groups) {
    constexpr std::int32_t many = 400;
    for (std::int32_t group = 0; group < many; ++group) {
      groups.stuck[group];
      groups.inboxes.put(said(group, 0, 1 << 20));
    }
    EXPECT_LE(groups.inboxes.bytes(), GroupInboxes::first_bytes_max);
    groups.inboxes.put(said(many, 0));
    for (std::int32_t group = 0; group < many; ++group) groups.let_go_on(group);
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[many].size(), 1u) << "what is small always fits";
    EXPECT_EQ(groups.dealt_with[0].size(), 1u);
    EXPECT_EQ(groups.dealt_with[many - 1].size(), 0u);
    EXPECT_EQ(groups.inboxes.bytes(), 0u);
    groups.inboxes.put(said(many - 1, 1, 1 << 20));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[many - 1].size(), 1u) << "there is room again";
  });
}

TEST(GroupInboxes, AMessageThatIsLargerThanAnInboxIsDealtWith) {
  in_a_world([](Groups& groups) {
    groups.inboxes.put(said(0, 1, GroupInboxes::group_bytes_max + 1));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0].size(), 1u);
  });
}

TEST(GroupInboxes, SendersWaitForRoomButNotForAStuckDisk) {
  in_a_world([](Groups& groups) {
    for (std::int32_t group = 0; group < 8; ++group) groups.stuck[group];
    for (std::int32_t group = 0; group < 8; ++group)
      for (Epoch term = 0; term < 32; ++term) groups.inboxes.put(said(group, term, 1 << 20));
    EXPECT_LE(groups.inboxes.bytes(), GroupInboxes::bytes_max + (8 << 20));
    groups.inboxes.put(said(9, 0, 1 << 20));
    groups.inboxes.put(said(10, 0, 1 << 20));
    auto before = groups.now();
    groups.inboxes.await_room(groups.deadline_in(milliseconds(100)));
    EXPECT_EQ(groups.dealt_with[9].size(), 1u);
    EXPECT_EQ(groups.dealt_with[10].size(), 1u);
    for (std::int32_t group = 0; group < 8; ++group) groups.let_go_on(group);
    groups.inboxes.await_room(groups.deadline_in(seconds(10)));
    EXPECT_LE(groups.now() - before, milliseconds(110));
  });
}

TEST(GroupInboxes, GroupsThatStandStillTakeNoRoomFromTheOthers) {
  in_a_world([](Groups& groups) {
    constexpr std::int32_t standing = 8, moving = 100;
    for (std::int32_t group = 0; group < standing; ++group) groups.stuck[group];
    auto fill = [&] {
      for (std::int32_t group = 0; group < standing; ++group)
        for (Epoch term = 0; term < 32; ++term) groups.inboxes.put(said(group, term, 1 << 20));
    };
    fill();
    groups.pass_time(2 * GroupInboxes::standstill);
    fill();
    auto before = groups.now();
    groups.inboxes.await_room(groups.deadline_in(milliseconds(100)));
    EXPECT_EQ(groups.now(), before) << "nobody waits for them";
    constexpr Epoch in_flight = 16;  // a leader's appends in flight
    for (Epoch term = 0; term < in_flight; ++term) groups.inboxes.put(said(moving, term, 1 << 20));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[moving].size(), static_cast<std::size_t>(in_flight));
    for (std::int32_t group = 0; group < standing; ++group) groups.let_go_on(group);
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0], std::vector<Epoch>{0}) << "what it was dealing with, and no more";
    groups.inboxes.put(said(0, 1000));
    groups.pass_time();
    EXPECT_EQ(groups.dealt_with[0].back(), 1000);
    EXPECT_EQ(groups.inboxes.bytes(), 0u);
  });
}

}  // namespace
}  // namespace fulmar
