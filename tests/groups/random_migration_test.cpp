// Random members of one group, each process with a random protocol, so that the group becomes a consumer group and a
// classic group again while members join, stop sending heartbeats, leave and lose answers, and appends take time, fail,
// and are lost when another coordinator takes over. Whenever a member is assigned a partition, no other member may have
// it; and at the end each partition has an owner, whichever kind the group is.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "broker/protocol/messages/consumer_protocol.h"
#include "tests/groups/core_under_test.h"
#include "tests/groups/script.h"

namespace fulmar {
namespace {

using Names = std::map<std::string, std::set<std::int32_t>>;  // partitions by topic

constexpr std::int32_t session_ms = 10'000;
constexpr std::int32_t rebalance_ms = 8'000;
const std::string group_id = "g";

class Migration : private CoreUnderTest {
 public:
  explicit Migration(std::uint64_t seed) : CoreUnderTest(seed), topics_(named_topics({{"t", 3}, {"u", 2}})) {
    settings_.consumer_session_timeout = milliseconds(session_ms);
    settings_.session_timeout_min = milliseconds(1'000);
    settings_.initial_rebalance_delay = milliseconds(0);
    settings_.consumer_assignment_interval = milliseconds(0);
    for (int i = 0; i < 4; ++i) actors_.emplace_back().name = "c" + std::to_string(i);
    set_topics(topics_);
    start_core();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    calm();
  }

 private:
  struct Actor {
    std::string name;
    bool classic = false, cooperative = false;
    bool up = false;
    std::string id;
    int processes = 0;
    std::int32_t epoch = 0;                                 // or generation
    enum { joins, joined, stable } phase = joins;           // classic protocol
    std::vector<SyncGroupRequest::Assignment> assignments;  // of the leader
    Names owned, assigned;
    std::optional<GroupToken> waits;
    bool says_all = true;  // consumer protocol: its next heartbeat is complete
  };

  void step() {
    auto& actor = actors_[random_.below(actors_.size())];
    switch (random_.below(16)) {
      case 0: stop(actor, false); break;
      case 1: stop(actor, true); break;
      case 2: pass(static_cast<std::int64_t>(random_.below(9'000))); break;
      case 3: fail_one(); break;
      case 4:
        if (random_.chance(1, 4)) fail_over();
        break;
      case 5: hold_ = random_.chance(1, 2); break;
      default: act(actor); break;
    }
    if (!hold_ || random_.chance(1, 3)) commit_all(random_.below(3));
    pass(static_cast<std::int64_t>(random_.below(400)));
  }

  void act(Actor& actor) {
    if (actor.waits) return;
    if (!actor.up) begin(actor, random_.chance(1, 2));
    actor.waits = ++last_token_;
    if (!actor.classic)
      beat(actor);
    else if (actor.phase == Actor::joins)
      join(actor);
    else if (actor.phase == Actor::joined)
      sync(actor);
    else
      core_->heartbeat(*actor.waits, HeartbeatRequest{group_id, actor.epoch, actor.id, std::nullopt}, time());
    take();
  }

  void begin(Actor& actor, bool classic) {
    actor.up = true;
    actor.classic = classic;
    actor.cooperative = random_.chance(1, 2);
    actor.id = classic ? "" : actor.name + "-" + std::to_string(++actor.processes);
    lose(actor);
  }

  static void lose(Actor& actor) {
    actor.epoch = 0;
    actor.phase = Actor::joins;
    actor.owned.clear();
    actor.assigned.clear();
    actor.says_all = true;
  }

  void beat(Actor& actor) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = group_id;
    request.member_id = actor.id;
    request.member_epoch = actor.epoch;
    if (actor.says_all) {
      request.rebalance_timeout_ms = rebalance_ms;
      request.subscribed_topic_names = {"t", "u"};
    }
    request.topic_partitions.emplace();
    for (const auto& [topic, partitions] : actor.owned)
      request.topic_partitions->push_back({topics_->find(topic)->id, {partitions.begin(), partitions.end()}});
    core_->heartbeat(*actor.waits, {actor.name, "/h", 1}, request, time());
  }

  void join(Actor& actor) {
    if (!actor.cooperative) actor.owned.clear();
    ConsumerProtocolSubscription subscription;
    subscription.topics = {"t", "u"};
    subscription.generation_id = actor.epoch;
    for (const auto& [topic, partitions] : actor.owned)
      subscription.owned_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
    JoinGroupRequest request;
    request.group_id = group_id;
    request.session_timeout_ms = session_ms;
    request.rebalance_timeout_ms = rebalance_ms;
    request.member_id = actor.id;
    request.protocol_type = "consumer";
    request.protocols.push_back({"sticky", write_consumer_subscription(subscription, 3)});
    core_->join(*actor.waits, {actor.name, "/h", 3}, request, time());
  }

  void sync(Actor& actor) {
    SyncGroupRequest request;
    request.group_id = group_id;
    request.generation_id = actor.epoch;
    request.member_id = actor.id;
    request.assignments = actor.assignments;
    core_->sync(*actor.waits, request, time());
  }

  // Members keep their partitions, as in the first round of a cooperative rebalance; the free ones are distributed.
  static void assign(Actor& leader, const JoinGroupResponse& response) {
    std::map<std::string, Names> shares;
    Names free{{"t", {0, 1, 2}}, {"u", {0, 1}}};
    for (const auto& member : response.members) {
      auto subscription = read_consumer_subscription(member.metadata).value();
      for (const auto& topic : subscription.owned_partitions)
        for (auto partition : topic.partitions)
          if (free[topic.topic].erase(partition) > 0) shares[member.member_id][topic.topic].insert(partition);
    }
    std::size_t next = 0;
    for (const auto& [topic, partitions] : free)
      for (auto partition : partitions)
        shares[response.members[next++ % response.members.size()].member_id][topic].insert(partition);
    leader.assignments.clear();
    for (const auto& [member, share] : shares) {
      ConsumerProtocolAssignment assignment;
      for (const auto& [topic, partitions] : share)
        assignment.assigned_partitions.push_back({topic, {partitions.begin(), partitions.end()}});
      leader.assignments.push_back({member, write_consumer_assignment(assignment, 0)});
    }
  }

  void stop(Actor& actor, bool says_so) {
    if (!actor.up) return;
    if (says_so && actor.classic && !actor.id.empty()) {
      LeaveGroupRequest request;
      request.group_id = group_id;
      request.members.push_back({actor.id, std::nullopt, std::nullopt});
      core_->leave(++last_token_, {actor.name, "/h", 5}, request, time());
      lost_.insert(last_token_);
    } else if (says_so && !actor.classic) {
      ConsumerGroupHeartbeatRequest request;
      request.group_id = group_id;
      request.member_id = actor.id;
      request.member_epoch = -1;
      core_->heartbeat(++last_token_, {actor.name, "/h", 1}, request, time());
      lost_.insert(last_token_);
    }
    if (actor.waits) lost_.insert(*std::exchange(actor.waits, std::nullopt));
    actor.up = false;
    lose(actor);
    actor.id.clear();
    take();
  }

  void heard(const GroupAnswer& answer) override {
    if (lost_.erase(answer.token) > 0) return;
    auto actor = std::ranges::find(actors_, answer.token, [](const auto& one) { return one.waits.value_or(0); });
    ASSERT_NE(actor, actors_.end()) << "an answer that nobody waits for";
    actor->waits.reset();
    if (const auto* beaten = std::get_if<ConsumerGroupHeartbeatResponse>(&answer.response))
      heard(*actor, *beaten);
    else if (const auto* said = std::get_if<JoinGroupResponse>(&answer.response))
      heard(*actor, *said);
    else if (const auto* synced = std::get_if<SyncGroupResponse>(&answer.response))
      heard(*actor, *synced);
    else if (const auto* alive = std::get_if<HeartbeatResponse>(&answer.response))
      failed(*actor, alive->error_code);
  }

  // Handles an error; returns whether there was one.
  bool failed(Actor& actor, ErrorCode error) {
    switch (error) {
      case ErrorCode::none: return false;
      case ErrorCode::unknown_member_id:
        if (actor.classic) actor.id.clear();
        lose(actor);
        return true;
      case ErrorCode::fenced_member_epoch:
      case ErrorCode::illegal_generation:
      case ErrorCode::group_id_not_found: lose(actor); return true;
      case ErrorCode::rebalance_in_progress: actor.phase = Actor::joins; return true;
      case ErrorCode::coordinator_not_available:
      case ErrorCode::not_coordinator:
      case ErrorCode::unknown_server_error: actor.says_all = true; return true;  // the request may still take effect
      default: ADD_FAILURE() << error_code_name(error); return true;
    }
  }

  void heard(Actor& actor, const ConsumerGroupHeartbeatResponse& response) {
    if (failed(actor, response.error_code)) return;
    actor.says_all = false;
    actor.epoch = response.member_epoch;
    if (response.assignment) {
      actor.assigned.clear();
      for (const auto& topic : response.assignment->topic_partitions)
        actor.assigned[topics_->name_of(topic.topic_id)].insert(topic.partitions.begin(), topic.partitions.end());
      expect_nobody_has(actor);
    }
    actor.owned = actor.assigned;
  }

  void heard(Actor& actor, const JoinGroupResponse& response) {
    if (failed(actor, response.error_code)) return;
    actor.id = response.member_id;
    actor.epoch = response.generation_id;
    actor.phase = Actor::joined;
    actor.assignments.clear();
    if (!response.members.empty()) assign(actor, response);
  }

  void heard(Actor& actor, const SyncGroupResponse& response) {
    if (failed(actor, response.error_code)) return;
    actor.assigned.clear();
    auto assignment = read_consumer_assignment(response.assignment);
    if (assignment)  // otherwise it is empty: the leader did not know this member
      for (const auto& topic : assignment->assigned_partitions)
        actor.assigned[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
    expect_nobody_has(actor);
    bool gives_up = std::ranges::any_of(actor.owned, [&](const auto& topic) {
      return !std::ranges::includes(actor.assigned[topic.first], topic.second);
    });
    actor.owned = actor.assigned;
    actor.phase = actor.cooperative && gives_up ? Actor::joins : Actor::stable;
  }

  std::set<std::string> members() const {
    std::set<std::string> ids;
    for (const auto& member : core_->describe_consumers(group_id).members) ids.insert(member.member_id);
    for (const auto& member : core_->describe(group_id, 5).members) ids.insert(member.member_id);
    return ids;
  }

  void expect_nobody_has(const Actor& actor) const {
    auto there = members();
    for (const auto& other : actors_) {
      if (other.name == actor.name || !there.contains(other.id)) continue;
      for (const auto& [topic, partitions] : actor.assigned)
        for (auto partition : partitions) {
          auto has = other.owned.find(topic);
          EXPECT_FALSE(has != other.owned.end() && has->second.contains(partition))
              << actor.id << " is given " << topic << "-" << partition << ", which " << other.id << " has";
        }
    }
  }

  void calm() {
    for (int second = 0; second < 90; ++second) {
      for (auto& actor : actors_) {
        act(actor);
        commit_all(1'000);
      }
      pass(1'000);
      commit_all(1'000);
    }
    std::size_t owned = 0;
    bool all_classic = true;
    for (const auto& actor : actors_) {
      all_classic = all_classic && actor.classic;
      for (const auto& [topic, partitions] : actor.owned) owned += partitions.size();
    }
    EXPECT_EQ(owned, 5U);
    bool classic = core_->describe_consumers(group_id).error_code == ErrorCode::group_id_not_found;
    EXPECT_EQ(classic, all_classic);
    EXPECT_EQ(classic ? core_->describe(group_id, 5).group_state : core_->describe_consumers(group_id).group_state,
              "Stable");
  }

  GroupTopicsPtr topics_;
  std::deque<Actor> actors_;
};

RC_GTEST_PROP(RandomMigration, NobodyLosesAPartitionToTwoAndAllComeToRest, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Migration migration(seed);
  migration.run(300);
}

}  // namespace
}  // namespace fulmar
