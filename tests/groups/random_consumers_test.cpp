// Random members of a consumer group against the core: they join, report their partitions or leave them out, are slow
// to give partitions up, stop sending heartbeats, leave, come back (some as static members), and lose answers; topics
// get more partitions; appends take time, fail, and are lost when another coordinator takes over. Whenever a member is
// assigned a partition, no other member may have it; and at the end, without further faults, in bounded time each
// partition has an owner, which may commit for it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/groups/core_under_test.h"
#include "tests/groups/script.h"

namespace fulmar {
namespace {

constexpr milliseconds session{10'000};
constexpr std::int32_t rebalance_ms = 8'000;
const std::string group_id = "g";

class Storm : private CoreUnderTest {
 public:
  explicit Storm(std::uint64_t seed) : CoreUnderTest(seed) {
    settings_.consumer_session_timeout = session;
    if (random_.chance(1, 2)) settings_.consumer_assignors = {"range"};
    for (int i = 0; i < 5; ++i) {
      Actor actor;
      actor.name = "c" + std::to_string(i);
      if (random_.chance(1, 3)) actor.instance = "i" + std::to_string(i);
      actors_.push_back(actor);
    }
    set_topics(named_topics(topics_));
    start_core();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    calm();
  }

 private:
  struct Actor {
    std::string name;
    std::optional<std::string> instance;
    std::string id;  // empty: it is down
    int processes = 0;
    std::int32_t epoch = 0;
    PartitionSets assigned, owned;
    bool unsure = false;      // the answer to its last heartbeat was lost
    bool told_owned = false;  // it has reported the partitions that it has now
    std::optional<GroupToken> beat, commit;
  };

  void step() {
    auto& actor = actors_[random_.below(actors_.size())];
    switch (random_.below(20)) {
      case 0: stop(actor, false); break;
      case 1: stop(actor, true); break;
      case 2: pass(static_cast<std::int64_t>(random_.below(9'000))); break;
      case 3: fail_one(); break;
      case 4:
        if (random_.chance(1, 4)) fail_over();
        break;
      case 5:
        if (random_.chance(1, 6)) {
          ++topics_[random_.chance(1, 2) ? "t" : "u"];
          set_topics(named_topics(topics_));
        }
        break;
      case 6:  // its answer is lost
        if (actor.beat) {
          lost_.insert(*std::exchange(actor.beat, std::nullopt));
          actor.unsure = true;
          actor.told_owned = false;
        }
        break;
      case 7: hold_ = random_.chance(1, 2); break;
      case 8: commit(actor); break;
      case 9:
      case 10: take_over(actor); break;
      default: beat(actor); break;
    }
    if (!hold_ || random_.chance(1, 3)) commit_all(random_.below(3));
    pass(static_cast<std::int64_t>(random_.below(400)));
  }

  // Stops consuming the partitions that are not assigned to it any more, and starts with the new ones. Not while a
  // heartbeat is unanswered: another member may already have partitions that the heartbeat did not report. Clients that
  // do not wait are detected by their commits.
  static void take_over(Actor& actor) {
    if (actor.owned == actor.assigned || actor.beat || actor.unsure) return;
    actor.owned = actor.assigned;
    actor.told_owned = false;
  }

  void beat(Actor& actor) {
    if (actor.beat) return;
    if (actor.id.empty()) {
      actor.unsure = false;
      actor.id = actor.name + "-" + std::to_string(++actor.processes);
      actor.epoch = 0;
    }
    ConsumerGroupHeartbeatRequest request;
    request.group_id = group_id;
    request.member_id = actor.id;
    request.instance_id = actor.instance;
    request.member_epoch = actor.epoch;
    if (actor.epoch == 0) {
      actor.owned.clear();
      actor.assigned.clear();
    }
    if (actor.epoch == 0 || actor.unsure) {  // a complete request, which gets a complete response
      request.rebalance_timeout_ms = rebalance_ms;
      request.subscribed_topic_names = {"t", "u"};
    }
    if (actor.epoch == 0 || actor.unsure || !actor.told_owned || random_.chance(1, 4)) {
      request.topic_partitions.emplace();
      for (const auto& [topic, partitions] : actor.owned)
        request.topic_partitions->push_back({topic, {partitions.begin(), partitions.end()}});
      actor.told_owned = true;
    }
    actor.beat = ++last_token_;
    core_->heartbeat(*actor.beat, {actor.name, "/h", 1}, request, time());
    take();
  }

  void stop(Actor& actor, bool says_so) {
    if (actor.id.empty()) return;
    if (says_so) {
      ConsumerGroupHeartbeatRequest request;
      request.group_id = group_id;
      request.member_id = actor.id;
      request.instance_id = actor.instance;
      request.member_epoch = actor.instance && random_.chance(2, 3) ? -2 : -1;
      core_->heartbeat(++last_token_, {actor.name, "/h", 1}, request, time());
      lost_.insert(last_token_);
      take();
    }
    if (actor.beat) lost_.insert(*std::exchange(actor.beat, std::nullopt));
    if (actor.commit) lost_.insert(*std::exchange(actor.commit, std::nullopt));
    actor.id.clear();
    actor.owned.clear();
    actor.assigned.clear();
  }

  void commit(Actor& actor) {
    if (actor.commit || actor.owned.empty() || actor.epoch == 0) return;
    OffsetCommitRequest request;
    request.group_id = group_id;
    request.member_id = actor.id;
    request.generation_id_or_member_epoch = actor.epoch;
    for (const auto& [topic, partitions] : actor.owned) {
      OffsetCommitRequest::Topic asked;
      asked.name = named_topics(topics_)->name_of(topic);
      for (auto partition : partitions) asked.partitions.push_back({partition, 1, -1, std::nullopt});
      request.topics.push_back(std::move(asked));
    }
    actor.commit = ++last_token_;
    core_->commit_offsets(*actor.commit, {actor.name, "/h", 9}, request, time());
    take();
  }

  static bool overlaps(const PartitionSets& a, const PartitionSets& b) {
    return std::ranges::any_of(a, [&](const auto& topic) {
      auto other = b.find(topic.first);
      return other != b.end() &&
             std::ranges::any_of(topic.second, [&](auto partition) { return other->second.contains(partition); });
    });
  }

  void heard(const GroupAnswer& answer) override {
    if (lost_.erase(answer.token) > 0) return;
    for (auto& actor : actors_) {
      if (actor.beat == answer.token) {
        actor.beat.reset();
        heard(actor, std::get<ConsumerGroupHeartbeatResponse>(answer.response));
        return;
      }
      if (actor.commit == answer.token) {
        actor.commit.reset();
        auto error = std::get<OffsetCommitResponse>(answer.response).topics.at(0).partitions.at(0).error_code;
        if (error == ErrorCode::none) ++commits_;
        return;
      }
    }
    FAIL() << "an answer that nobody waits for";
  }

  void heard(Actor& actor, const ConsumerGroupHeartbeatResponse& response) {
    switch (response.error_code) {
      case ErrorCode::none: break;
      case ErrorCode::unknown_member_id:
      case ErrorCode::fenced_member_epoch:
      case ErrorCode::group_id_not_found:
        actor.unsure = false;
        actor.epoch = 0;
        actor.owned.clear();
        actor.assigned.clear();
        return;
      case ErrorCode::unreleased_instance_id:  // until the session of the earlier process has ended
      case ErrorCode::fenced_instance_id: actor.id.clear(); return;
      case ErrorCode::coordinator_not_available:
      case ErrorCode::not_coordinator:
      case ErrorCode::unknown_server_error:  // the request may still take effect
        actor.unsure = true;
        actor.told_owned = false;
        return;
      default: FAIL() << error_code_name(response.error_code);
    }
    actor.unsure = false;
    actor.epoch = response.member_epoch;
    if (!response.assignment) return;
    PartitionSets assigned;
    for (const auto& topic : response.assignment->topic_partitions)
      assigned[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
    auto described = core_->describe_consumers(group_id);
    for (const auto& other : actors_) {
      if (other.name == actor.name || !overlaps(other.owned, assigned)) continue;
      for (const auto& member : described.members)
        EXPECT_NE(member.member_id, other.id) << actor.id << " is given what " << other.id << " has";
    }
    actor.assigned = std::move(assigned);
  }

  void calm() {
    hold_ = false;
    for (int second = 0; second < 60; ++second) {
      for (auto& actor : actors_) {
        beat(actor);
        commit_all(1'000);
        take_over(actor);
      }
      pass(1'000);
      commit_all(1'000);
    }
    std::size_t owned = 0;
    for (const auto& actor : actors_)
      for (const auto& [topic, partitions] : actor.owned) owned += partitions.size();
    EXPECT_EQ(owned, static_cast<std::size_t>(topics_["t"] + topics_["u"]));
    EXPECT_EQ(core_->describe_consumers(group_id).group_state, "Stable");
    auto before = commits_;
    for (auto& actor : actors_) commit(actor);
    commit_all(1'000);
    auto owners = std::ranges::count_if(actors_, [](const auto& actor) { return !actor.owned.empty(); });
    EXPECT_EQ(commits_, before + static_cast<std::size_t>(owners));
  }

  std::map<std::string, std::int32_t> topics_ = {{"t", 3}, {"u", 2}};
  std::vector<Actor> actors_;
  std::size_t commits_ = 0;
};

RC_GTEST_PROP(RandomConsumers, NeverShareAPartitionAndComeToRest, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Storm storm(seed);
  storm.run(400);
}

}  // namespace
}  // namespace fulmar
