// Random members of a classic group against the core: they join, ask for their assignment, send heartbeats, commit,
// leave, crash, come back (some as static members), and change their subscriptions; appends take time, fail, and are
// lost when another coordinator takes over. The invariants are checked at every answer and every append; and at the
// end, without further faults, the group must become stable in bounded time.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>

#include "broker/groups/coordinator.h"
#include "runtime/base/random.h"
#include "tests/groups/script.h"

namespace fulmar {
namespace {

constexpr milliseconds session{10'000};
constexpr milliseconds rebalance{20'000};
constexpr milliseconds heartbeat_interval{1'000};
const std::string group_id = "g";

// The part of a static member's id that is the same for all its processes; of other members, the client's name.
std::string owner(const std::string& member_id) {
  return member_id.substr(0, member_id.size() - 37);
}

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed) {
    settings_.initial_rebalance_delay = milliseconds(random_.below(2) * 3'000);
    for (int i = 0; i < 6; ++i) {
      Actor actor;
      actor.name = "c" + std::to_string(i);
      if (random_.chance(1, 2)) actor.instance = "i" + std::to_string(i);
      actor.version = static_cast<std::int16_t>(random_.between(3, 9));
      actors_.push_back(actor);
    }
    start_core();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    calm();
  }

 private:
  enum class Mood : std::uint8_t { down, join, joining, sync, syncing, member };

  struct Actor {
    std::string name;
    std::optional<std::string> instance;
    std::int16_t version = 9;
    Mood mood = Mood::down;
    std::string id;
    std::int32_t generation = -1;
    bool leads = false;
    std::vector<std::string> members;  // if it leads
    int topics = 1;
    Instant next_heartbeat;
    Instant next_try;
  };
  struct Asked {
    std::size_t actor;
    std::uint64_t process;  // of the actor; a later process does not receive the answer
    std::string id;
    std::int32_t generation;
    std::optional<OffsetRecord> offset;
  };

  GroupTime time() const { return {now_, now_.ns / 1'000'000}; }

  void start_core() {
    ++lives_;
    begin_anew();
    core_ = std::make_unique<GroupCoordinator>(settings_, [this] {
      Uuid uuid;
      uuid.high = random_.next();
      uuid.low = random_.next();
      return uuid;
    });
    for (const auto& record : log_) ASSERT_TRUE(core_->replay(record).has_value());
    while (!core_->finish_loading(time())) {
    }
  }

  // A new group of the same name, or the group if its first record was never committed.
  void begin_anew() {
    ++groups_;
    last_generation_ = 0;
  }

  GroupToken ask(std::size_t index, std::optional<OffsetRecord> offset = {}) {
    auto& actor = actors_[index];
    asked_[++last_token_] = {index, processes_[index], actor.id, actor.generation, std::move(offset)};
    return last_token_;
  }
  GroupClient client(const Actor& actor) const { return {actor.name, "/127.0.0.1", actor.version}; }

  void step() {
    auto dice = random_.below(100);
    std::size_t index = random_.below(actors_.size());
    if (dice < 40) {
      pass(milliseconds(random_.below(random_.chance(1, 10) ? 15'000 : 800)));
    } else if (dice < 60) {
      commit_some();
    } else if (dice < 63) {
      fail_one();
    } else if (dice < 64) {
      fail_over();
    } else if (dice < 70) {
      disturb(index);
    } else {
      act(index);
    }
    check_offsets();
  }

  void pass(Duration time_passed) {
    Instant until = now_ + time_passed;
    do {
      now_ = std::max(now_, std::min(until, core_->next_deadline()));
      core_->tick(time());
      take();
    } while (now_ < until || core_->next_deadline() <= now_);
  }

  void commit_some() {
    if (appended_.empty()) return;
    auto count = 1 + random_.below(appended_.size());
    AppendId through = 0;
    for (std::size_t i = 0; i < count; ++i) {
      for (auto& record : appended_.front().records) add_to_log(record);
      through = appended_.front().id;
      appended_.pop_front();
    }
    core_->committed(through, time());
    take();
  }

  void fail_one() {
    if (appended_.empty()) return;
    auto at = random_.below(appended_.size());
    AppendId id = appended_[at].id;
    appended_.erase(appended_.begin() + static_cast<std::ptrdiff_t>(at));
    core_->append_failed(id, random_.chance(1, 2) ? ErrorCode::not_enough_replicas : ErrorCode::message_too_large,
                         time());
    take();
  }

  void fail_over() {
    // Some of the appends are in the log, although nobody has reported them as committed.
    auto kept = random_.below(appended_.size() + 1);
    std::vector<StateRecord> made_it;
    for (std::size_t i = 0; i < kept; ++i)
      for (auto& record : appended_[i].records) made_it.push_back(record);
    appended_.clear();
    core_->resign();
    take();
    EXPECT_TRUE(asked_.empty()) << asked_.size() << " were never answered";
    for (auto& record : made_it) add_to_log(record);
    start_core();
  }

  void disturb(std::size_t index) {
    auto& actor = actors_[index];
    switch (random_.below(5)) {
      case 0:
      case 1:  // it crashes, or starts (again) knowing only its instance id
        ++processes_[index];
        actor.mood = actor.mood == Mood::down ? Mood::join : Mood::down;
        forget(actor);
        break;
      case 2:
        if (actor.mood == Mood::member || actor.mood == Mood::joining) {
          LeaveGroupRequest request{group_id, "", {{actor.id, actor.instance, {}}}};
          auto token = ask(index);
          ++processes_[index];
          actor.mood = Mood::down;
          forget(actor);
          core_->leave(token, {actor.name, "/127.0.0.1", 5}, request, time());
        }
        break;
      case 3: actor.topics = 1 + static_cast<int>(random_.below(3)); [[fallthrough]];
      default:
        if (actor.mood == Mood::member) actor.mood = Mood::join;
    }
    if (random_.chance(1, 20)) core_->delete_groups(ask(index), {{group_id}}, time());
    take();
  }

  void forget(Actor& actor) {
    actor.id.clear();
    actor.generation = -1;
    actor.leads = false;
  }

  void act(std::size_t index) {
    auto& actor = actors_[index];
    if (now_ < actor.next_try) return;
    if (actor.mood == Mood::join) {
      JoinGroupRequest request;
      request.group_id = group_id;
      request.session_timeout_ms = static_cast<std::int32_t>(session.count());
      request.rebalance_timeout_ms = static_cast<std::int32_t>(rebalance.count());
      request.member_id = actor.id;
      request.group_instance_id = actor.instance;
      request.protocol_type = "consumer";
      std::vector<std::string> topics;
      for (int topic = 0; topic < actor.topics; ++topic) topics.push_back("t" + std::to_string(topic));
      request.protocols.push_back({"range", subscription(topics)});
      actor.mood = Mood::joining;
      core_->join(ask(index), client(actor), request, time());
    } else if (actor.mood == Mood::sync) {
      SyncGroupRequest request;
      request.group_id = group_id;
      request.generation_id = actor.generation;
      request.member_id = actor.id;
      request.group_instance_id = actor.instance;
      if (actor.leads)
        for (const auto& member : actor.members) {
          std::string bytes = std::to_string(++assignments_) + " for " + owner(member);
          request.assignments.push_back({member, Bytes::copy_of(bytes)});
          issued_[actor.generation].insert({member, bytes});
        }
      actor.mood = Mood::syncing;
      core_->sync(ask(index), request, time());
    } else if (actor.mood == Mood::member && now_ >= actor.next_heartbeat) {
      actor.next_heartbeat = now_ + heartbeat_interval;
      core_->heartbeat(ask(index), {group_id, actor.generation, actor.id, actor.instance}, time());
    } else if (actor.mood == Mood::member && random_.chance(1, 2)) {
      OffsetCommitRequest request;
      request.group_id = group_id;
      request.generation_id_or_member_epoch = actor.generation;
      request.member_id = actor.id;
      request.group_instance_id = actor.instance;
      auto& topic = request.topics.emplace_back();
      topic.name = "t0";
      topic.partitions.push_back({static_cast<std::int32_t>(random_.below(3)), ++offsets_, -1, std::nullopt});
      OffsetRecord record{{group_id, "t0", topic.partitions[0].index}, OffsetCommitValue{}};
      record.value->offset = offsets_;
      core_->commit_offsets(ask(index, record), client(actor), request, time());
    }
    take();
  }

  // -- The core's answers.
  void take() {
    auto output = core_->take_output();
    for (auto& append : output.appends) {
      ASSERT_GT(append.id, last_append_[lives_]);
      last_append_[lives_] = append.id;
      for (const auto& record : append.records)
        if (const auto* group = std::get_if<GroupRecord>(&record); group && group->value) {
          if (group->value->generation == 0) begin_anew();
          for (const auto& member : group->value->members) check_issued(member);
        }
      appended_.push_back(std::move(append));
    }
    for (auto& answer : output.answers) {
      auto asked = asked_.extract(answer.token);
      ASSERT_TRUE(asked) << "answered twice, or nobody asked";
      hear(asked.mapped(), answer);
    }
  }

  // A member has only an assignment that a leader made for it, or for an earlier process of the same instance.
  void check_issued(const GroupMetadataValue::Member& member) {
    if (member.assignment.empty()) return;
    std::string bytes(member.assignment.view());
    EXPECT_TRUE(bytes.ends_with(" for " + owner(member.member_id))) << bytes << " is held by " << member.member_id;
  }

  void hear(const Asked& asked, const GroupAnswer& answer) {
    auto& actor = actors_[asked.actor];
    bool hears = asked.process == processes_[asked.actor];
    if (const auto* joined = std::get_if<JoinGroupResponse>(&answer.response)) {
      if (joined->error_code == ErrorCode::none) check_joined(*joined);
      if (hears) hear_joined(actor, *joined);
    } else if (const auto* synced = std::get_if<SyncGroupResponse>(&answer.response)) {
      if (synced->error_code == ErrorCode::none) check_synced(asked, *synced);
      if (hears) hear_synced(actor, *synced);
    } else if (const auto* alive = std::get_if<HeartbeatResponse>(&answer.response)) {
      if (alive->error_code == ErrorCode::none) check_member(asked);
      if (hears && actor.mood == Mood::member) go_on(actor, alive->error_code, Mood::member);
    } else if (const auto* committed = std::get_if<OffsetCommitResponse>(&answer.response)) {
      if (committed->topics[0].partitions[0].error_code == ErrorCode::none) {
        EXPECT_TRUE(acknowledged_offsets_.contains(asked.offset->value->offset)) << "told, but not committed";
      }
    } else if (const auto* deleted = std::get_if<DeleteGroupsResponse>(&answer.response)) {
      bool told = deleted->results[0].error_code == ErrorCode::none;
      EXPECT_TRUE(!told || deleted_in_log_) << "told, but not committed";
    }
  }

  void check_joined(const JoinGroupResponse& joined) {
    EXPECT_GE(joined.generation_id, last_generation_) << "a generation went back";
    last_generation_ = joined.generation_id;
    auto [leader, fresh] = leaders_.emplace(std::pair(groups_, joined.generation_id), owner(joined.leader));
    EXPECT_EQ(leader->second, owner(joined.leader)) << "two leaders of one generation";
    EXPECT_TRUE(joined.members.empty() || joined.member_id == joined.leader) << "the members, to one who does not lead";
    EXPECT_TRUE(!joined.skip_assignment || logged_member(joined.member_id)) << "a new process that is not committed";
  }

  const GroupMetadataValue::Member* logged_member(const std::string& id) const {
    if (!logged_) return nullptr;
    for (const auto& member : logged_->members)
      if (member.member_id == id) return &member;
    return nullptr;
  }

  // The assignment that a member receives is the one that is committed for it in its generation.
  void check_synced(const Asked& asked, const SyncGroupResponse& synced) {
    ASSERT_TRUE(logged_) << "an assignment of a group that is not committed";
    EXPECT_EQ(logged_->generation, asked.generation);
    const auto* member = logged_member(asked.id);
    // A static member's new process, whose append failed after its request had been answered with an error because it
    // took too long: the log still has its predecessor.
    if (!member)
      for (const auto& other : logged_->members)
        if (owner(other.member_id) == owner(asked.id)) member = &other;
    ASSERT_TRUE(member) << asked.id;
    EXPECT_EQ(member->assignment, synced.assignment);
  }

  void check_member(const Asked& asked) {
    auto described = core_->describe(group_id, 5);
    bool found = described.group_state == std::string("Dead");  // no record of the group is committed yet
    for (const auto& member : described.members) found = found || member.member_id == asked.id;
    EXPECT_TRUE(found) << "a heartbeat of somebody who is no member";
  }

  void hear_joined(Actor& actor, const JoinGroupResponse& joined) {
    switch (joined.error_code) {
      case ErrorCode::none:
        actor.id = joined.member_id;
        actor.generation = joined.generation_id;
        actor.leads = joined.leader == joined.member_id && !joined.skip_assignment;
        actor.members.clear();
        for (const auto& member : joined.members) actor.members.push_back(member.member_id);
        actor.mood = Mood::sync;
        return;
      case ErrorCode::member_id_required:
        actor.id = joined.member_id;
        actor.mood = Mood::join;
        return;
      default: go_on(actor, joined.error_code, Mood::join);
    }
  }

  void hear_synced(Actor& actor, const SyncGroupResponse& synced) { go_on(actor, synced.error_code, Mood::member); }

  void go_on(Actor& actor, ErrorCode error, Mood if_well) {
    switch (error) {
      case ErrorCode::none: actor.mood = if_well; return;
      case ErrorCode::fenced_instance_id:
        actor.mood = Mood::down;
        forget(actor);
        return;  // a later process has taken its place
      case ErrorCode::unknown_member_id:
      case ErrorCode::illegal_generation: forget(actor); break;
      case ErrorCode::rebalance_in_progress: break;
      case ErrorCode::coordinator_not_available:
      case ErrorCode::not_coordinator:
      case ErrorCode::unknown_server_error: actor.next_try = now_ + milliseconds(100); break;
      default: ADD_FAILURE() << error_code_name(error);
    }
    actor.mood = Mood::join;
  }

  // -- The log.
  void add_to_log(const StateRecord& record) {
    log_.push_back(record);
    if (const auto* offset = std::get_if<OffsetRecord>(&record)) {
      if (offset->value) {
        committed_[offset->key.partition] = offset->value->offset;
        acknowledged_offsets_.insert(offset->value->offset);
      } else {
        committed_.erase(offset->key.partition);
      }
      return;
    }
    const auto& group = std::get<GroupRecord>(record);
    if (group.value) {
      EXPECT_GE(group.value->generation, logged_ ? logged_->generation : 0) << "a generation went back";
    } else {
      EXPECT_TRUE(committed_.empty()) << "a group is gone before its offsets";
      deleted_in_log_ = true;
    }
    logged_ = group.value;
  }

  void check_offsets() {
    OffsetFetchRequest::Group request;
    request.group_id = group_id;
    std::map<std::int32_t, std::int64_t> told;
    for (const auto& topic : core_->fetch_offsets(request, false).topics)
      for (const auto& partition : topic.partitions) told[partition.index] = partition.committed_offset;
    EXPECT_EQ(told, committed_);
  }

  // -- The end, without further faults.
  void calm() {
    for (auto& actor : actors_)
      if (actor.mood == Mood::down && random_.chance(1, 2)) actor.mood = Mood::join;
    Instant bound = now_ + session + rebalance + milliseconds(3'000) + 4 * heartbeat_interval;
    while (now_ < bound) {
      for (std::size_t i = 0; i < actors_.size(); ++i)
        for (int often = 0; often < 3; ++often) act(i);
      while (!appended_.empty()) commit_some();
      pass(milliseconds(100));
      while (!appended_.empty()) commit_some();
    }
    auto described = core_->describe(group_id, 5);
    std::set<std::string> up, in;
    std::set<std::int32_t> generations;
    for (const auto& actor : actors_) {
      if (actor.mood == Mood::down) continue;
      up.insert(actor.id);
      generations.insert(actor.generation);
      EXPECT_EQ(actor.mood, Mood::member) << actor.name;
    }
    for (const auto& member : described.members) in.insert(member.member_id);
    EXPECT_EQ(in, up);
    if (!up.empty()) {
      EXPECT_EQ(described.group_state, "Stable");
      EXPECT_EQ(generations.size(), 1U);
    }
    check_offsets();
    check_replay(described);
    core_->resign();
    take();
    EXPECT_TRUE(asked_.empty()) << asked_.size() << " were never answered";
  }

  void check_replay(const DescribeGroupsResponse::Group& described) {
    GroupCoordinator other(settings_, [] { return Uuid{}; });
    for (const auto& record : log_) ASSERT_TRUE(other.replay(record).has_value());
    while (!other.finish_loading(time())) {
    }
    auto replayed = other.describe(group_id, 5);
    EXPECT_EQ(replayed.group_state, described.group_state);
    EXPECT_EQ(replayed.protocol_type, described.protocol_type);
    EXPECT_EQ(replayed.protocol_data, described.protocol_data);
    ASSERT_EQ(replayed.members.size(), described.members.size());
    for (std::size_t i = 0; i < replayed.members.size(); ++i) {
      EXPECT_EQ(replayed.members[i].member_id, described.members[i].member_id);
      EXPECT_EQ(replayed.members[i].group_instance_id, described.members[i].group_instance_id);
      EXPECT_EQ(replayed.members[i].client_id, described.members[i].client_id);
      EXPECT_EQ(replayed.members[i].member_metadata, described.members[i].member_metadata);
      EXPECT_EQ(replayed.members[i].member_assignment, described.members[i].member_assignment);
    }
    OffsetFetchRequest::Group request;
    request.group_id = group_id;
    auto a = core_->fetch_offsets(request, false), b = other.fetch_offsets(request, false);
    ASSERT_EQ(a.topics.size(), b.topics.size());
    for (std::size_t t = 0; t < a.topics.size(); ++t)
      for (std::size_t p = 0; p < a.topics[t].partitions.size(); ++p)
        EXPECT_EQ(a.topics[t].partitions[p].committed_offset, b.topics[t].partitions[p].committed_offset);
  }

  Random random_;
  GroupSettings settings_;
  std::unique_ptr<GroupCoordinator> core_;
  int lives_ = 0;
  int groups_ = 0;
  Instant now_{1'000'000'000};
  std::vector<Actor> actors_;
  std::map<std::size_t, std::uint64_t> processes_;
  std::map<GroupToken, Asked> asked_;
  GroupToken last_token_ = 0;
  std::map<int, AppendId> last_append_;
  std::deque<GroupAppend> appended_;
  std::vector<StateRecord> log_;
  std::optional<GroupMetadataValue> logged_;  // the group's last committed record
  bool deleted_in_log_ = false;
  std::map<std::int32_t, std::int64_t> committed_;
  std::set<std::int64_t> acknowledged_offsets_;
  std::int32_t last_generation_ = 0;
  std::map<std::pair<int, std::int32_t>, std::string> leaders_;
  std::map<std::int32_t, std::set<std::pair<std::string, std::string>>> issued_;
  std::uint64_t assignments_ = 0;
  std::int64_t offsets_ = 0;
};

RC_GTEST_PROP(RandomMembers, AgreeAndBecomeStable, ()) {
  auto seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
  auto steps = *rc::gen::inRange(0, 400);
  Storm storm(seed);
  storm.run(steps);
  RC_ASSERT(!testing::Test::HasFailure());
}

// Many more runs than rapidcheck makes, with fixed seeds.
TEST(RandomMembers, OfManySeeds) {
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    storm.run(300);
  }
}

}  // namespace
}  // namespace fulmar
