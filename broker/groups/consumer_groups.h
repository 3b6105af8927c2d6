// ConsumerGroups: the consumer groups (KIP-848) of a coordinator: what a heartbeat changes, who is out when its time is
// over, and when what is aimed at is computed anew.
//
// A group's change is a step: records that are believed as soon as they are made, and taken back if they can't be
// appended. A group has one step under way; what comes meanwhile waits, and is then done together, in the order in
// which it came. So an answer never rests on what is not committed, and what is taken back has nothing built upon it. A
// step's records are in an order in which every beginning of them is a state of the group: what frees partitions comes
// before what assigns them.
//
// The protocol is Kafka 4.4's; comments name the places where this is kinder.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/groups/consumer_group.h"
#include "broker/groups/group_topics.h"
#include "broker/groups/topic_pattern.h"
#include "broker/protocol/messages/consumer_protocol.h"

namespace fulmar {

class GroupCoordinator;

// What is being done to a group: records that are put already, and the answers that rest on them.
struct ConsumerStep {
  Group& shell;
  ConsumerGroup& group;
  std::vector<StateRecord> records = {}, undo = {};
  std::vector<GroupAnswer> answers = {};
  std::size_t bytes = 0;

  void put(StateRecord record);
};

class ConsumerGroups {
 public:
  explicit ConsumerGroups(GroupCoordinator& coordinator) : coordinator_(coordinator) {}
  ConsumerGroups(const ConsumerGroups&) = delete;
  ConsumerGroups& operator=(const ConsumerGroups&) = delete;

  // -- Requests. Those on a group that is already found are of one that is a consumer group.
  void heartbeat(GroupToken token, const GroupClient& client, const ConsumerGroupHeartbeatRequest& request,
                 CoordinatorTime now);
  void leave(GroupToken token, Group& group, const GroupClient& client, const LeaveGroupRequest& request,
             CoordinatorTime now);
  // Of members of the classic protocol; `session_timeout_ms` and what can be stored are checked before.
  void join(GroupToken token, Group& group, const GroupClient& client, const JoinGroupRequest& request,
            CoordinatorTime now);
  void sync(GroupToken token, Group& group, const SyncGroupRequest& request, CoordinatorTime now);
  void heartbeat(GroupToken token, Group& group, const HeartbeatRequest& request, CoordinatorTime now);
  // Why this may not be committed, if so.
  std::optional<ErrorCode> validate_commit(const Group& group, const GroupClient& client,
                                           const OffsetCommitRequest& request) const;
  // Likewise of a question for what is committed, by who says that it is a member.
  std::optional<ErrorCode> validate_fetch(const Group& group, const OffsetFetchRequest::Group& request) const;
  ConsumerGroupDescribeResponse::Group describe(const Group& group) const;

  // -- The world.
  // What topics there are from now on. Patterns are resolved anew, some seconds later if they just were.
  void set_topics(GroupTopicsPtr topics, CoordinatorTime now);
  void loaded(Group& group, CoordinatorTime now);
  void session_timer(Group& group, const std::string& member, CoordinatorTime now);
  void revocation_timer(Group& group, const std::string& member, CoordinatorTime now);
  // A slice of resolving patterns, when that is due.
  void tick(CoordinatorTime now);
  Instant next_deadline() const;

  // -- Of the append that is under way: it is committed; it failed; it takes too long for who waits.
  void committed(Group& group, CoordinatorTime now);
  void failed(Group& group, ErrorCode why, CoordinatorTime now);
  void late(Group& group, ErrorCode error);
  void tell_waiting(Group& group, ErrorCode error);

 private:
  struct Refusal {
    ErrorCode error;
    std::string message;
  };
  using Step = ConsumerStep;
  // A heartbeat, as it was asked.
  struct Beat {
    GroupToken token;
    std::string client_id, client_host;
    ConsumerGroupHeartbeatRequest request;
  };

  // consumer_steps.cpp
  void enqueue(Group& group, ConsumerGroup::Waiting waiting, CoordinatorTime now);
  void run(Group& group, CoordinatorTime now, bool may_downgrade = true);
  void hand_out(Group& group, CoordinatorTime now);
  void drop_if_nothing(Group& group);

  // consumer_heartbeat.cpp
  std::optional<Refusal> invalid(const ConsumerGroupHeartbeatRequest& request, const GroupClient& client);
  Group* group_for(const Beat& beat, CoordinatorTime now);
  void beat(Step& step, const Beat& beat, CoordinatorTime now);
  std::optional<Refusal> admit(const Step& step, const Beat& beat) const;
  void subscribe(Step& step, const Beat& beat, CoordinatorTime now);
  // Puts what a member says of itself, and what follows for the group: its epoch, and what is aimed at.
  void store_member(Step& step, const std::string& id, ConsumerMember said, CoordinatorTime now);
  void refuse(std::vector<GroupAnswer>& answers, GroupToken token, Refusal refusal) const;

  // consumer_members.cpp
  std::optional<Refusal> leave_one(Step& step, const Beat& beat);
  void remove(Step& step, const std::string& member);
  void replace(Step& step, const std::string& old_id, const std::string& new_id);
  void restart_session(Group& group, const std::string& member, CoordinatorTime now);
  void await_revocation(Step& step, const std::string& member, CoordinatorTime now);
  void forget_timers(Group& group, const std::string& member);

  // classic_members.cpp
  // Of a consumer's subscription or assignment. Topics that are not there are left out.
  template <class Topics>
  PartitionSets by_id(const Topics& topics) const {
    PartitionSets sets;
    for (const auto& topic : topics)
      if (auto known = topics_ ? topics_->find(topic.topic) : std::nullopt)
        sets[known->id].insert(topic.partitions.begin(), topic.partitions.end());
    return sets;
  }
  std::optional<ErrorCode> admit_classic(Step& step, const std::string& id, const JoinGroupRequest& request,
                                         const ConsumerMember& said, const PartitionSets& owned);
  // Whether joining again would bring a member of the classic protocol any further.
  bool awaits_rejoin(const ConsumerGroup& group, const std::string& id) const;
  void await_rejoin(Step& step, const std::string& id, CoordinatorTime now);

  // migration.cpp
  Result<std::vector<StateRecord>> as_consumer_group(const Group& group) const;
  // Begins to make it a consumer group, unless there is a reason against it.
  std::optional<Refusal> upgrade(Group& group, CoordinatorTime now);
  void upgraded(Group& group, Group& before, CoordinatorTime now);
  void undo_upgrade(Group& group, ConsumerGroup::Upgrade upgrade, ErrorCode why, CoordinatorTime now);
  // Begins to make it a classic group, if it is to be one. Whether it did.
  bool downgrade(Group& group, CoordinatorTime now);
  std::optional<GroupMetadataValue> as_classic_group(const ConsumerGroup& group, CoordinatorTime now) const;
  void downgraded(Group& group, Group classic, CoordinatorTime now);

  // consumer_assignment.cpp
  // Raises the group's epoch if `changed`, or if what it is subscribed to is not as it was.
  void refresh(Step& step, bool changed);
  // Whether the last time is long enough ago. Many that come at once cost few assignments then; until the next, they
  // are in the epoch of the last, with nothing that is new.
  bool may_assign(const ConsumerGroup& group, CoordinatorTime now) const;
  void assign(Step& step, CoordinatorTime now);
  std::int64_t hash_of_subscribed(const ConsumerGroup& group) const;
  void reconcile_member(Step& step, const std::string& member, const std::optional<PartitionSets>& owned);

  // consumer_patterns.cpp
  void resolve_soon(const std::string& group, const std::string& expression);
  void resolved(const std::string& group, const std::string& expression, std::vector<std::string> topics,
                CoordinatorTime now);

  GroupCoordinator& coordinator_;
  GroupTopicsPtr topics_;
  std::uint64_t topics_version_ = 0;
  std::set<std::string> with_patterns_;  // groups, some of which may have none any more

  // Patterns to resolve, in their order; the first is under way.
  struct Resolving {
    TopicPattern pattern;
    std::string after;
    std::vector<std::string> topics;
  };
  std::set<std::pair<std::string, std::string>> to_resolve_;  // group and expression
  std::optional<Resolving> resolving_;
  Instant next_round_ = Instant::max();  // of all patterns, when topics have changed
  Instant last_round_{};
};

}  // namespace fulmar
