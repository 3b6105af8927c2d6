// ConsumerGroups: the consumer groups (KIP-848) of a coordinator: what heartbeats change, which members are removed
// after a timeout, and when the target assignment is computed again.
//
// A group changes in steps: records that take effect as soon as they are made, and are undone if they can't be
// appended. A group has one step under way; requests that arrive meanwhile wait, and then make the next step together,
// in the order of their arrival. So no answer depends on uncommitted records, and nothing depends on a step that is
// undone. The records of a step are in an order in which each prefix of them is a valid state of the group: records
// that free partitions come before those that assign them.
//
// The protocol is that of Kafka 4.4; comments name the places where this coordinator differs.
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

// A step that is being made: its records, which are applied to the group already, and the answers that depend on them.
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

  // -- Requests. A group that is passed is a consumer group.
  void heartbeat(GroupToken token, const GroupClient& client, const ConsumerGroupHeartbeatRequest& request,
                 CoordinatorTime now);
  void leave(GroupToken token, Group& group, const GroupClient& client, const LeaveGroupRequest& request,
             CoordinatorTime now);
  // Of members that use the classic protocol. The caller has checked the session timeout and the lengths of strings.
  void join(GroupToken token, Group& group, const GroupClient& client, const JoinGroupRequest& request,
            CoordinatorTime now);
  void sync(GroupToken token, Group& group, const SyncGroupRequest& request, CoordinatorTime now);
  void heartbeat(GroupToken token, Group& group, const HeartbeatRequest& request, CoordinatorTime now);
  // The error if these offsets may not be committed.
  std::optional<ErrorCode> validate_commit(const Group& group, const GroupClient& client,
                                           const OffsetCommitRequest& request) const;
  // The error if the client claims to be a member and is not, or not in this epoch.
  std::optional<ErrorCode> validate_fetch(const Group& group, const OffsetFetchRequest::Group& request) const;
  ConsumerGroupDescribeResponse::Group describe(const Group& group) const;

  // -- Other events.
  // The topics that exist from now on. Regular expressions are resolved again, at most once in some seconds.
  void set_topics(GroupTopicsPtr topics, CoordinatorTime now);
  void loaded(Group& group, CoordinatorTime now);
  void session_timer(Group& group, const std::string& member, CoordinatorTime now);
  void revocation_timer(Group& group, const std::string& member, CoordinatorTime now);
  // Does a slice of the work of resolving regular expressions, if any is due.
  void tick(CoordinatorTime now);
  Instant next_deadline() const;

  // -- The append that is under way has been committed, has failed, or takes so long that waiting requests are answered
  // with `error`.
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
  // A heartbeat request.
  struct Beat {
    GroupToken token;
    std::string client_id, client_host, principal;
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
  // Stores a new or changed member, and what follows from that: the group's epoch and the target assignment.
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
  // The partitions in a consumer's subscription or assignment. Topics that do not exist are left out.
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
  // Whether a member that uses the classic protocol has to join again to get, or give up, partitions or to reach the
  // group's epoch.
  bool awaits_rejoin(const ConsumerGroup& group, const std::string& id) const;
  void await_rejoin(Step& step, const std::string& id, CoordinatorTime now);

  // migration.cpp
  Result<std::vector<StateRecord>> as_consumer_group(const Group& group) const;
  // Begins to make it a consumer group; or returns the error for the client whose request asked for that.
  std::optional<Refusal> upgrade(Group& group, CoordinatorTime now);
  void upgraded(Group& group, Group& before, CoordinatorTime now);
  void undo_upgrade(Group& group, ConsumerGroup::Upgrade upgrade, ErrorCode why, CoordinatorTime now);
  // Begins to make it a classic group if it is to become one; returns whether it did.
  bool downgrade(Group& group, CoordinatorTime now);
  std::optional<GroupMetadataValue> as_classic_group(const ConsumerGroup& group, CoordinatorTime now) const;
  void downgraded(Group& group, Group classic, CoordinatorTime now);

  // consumer_assignment.cpp
  // Raises the group's epoch if `changed`, or if the topics that it is subscribed to have changed.
  void refresh(Step& step, bool changed);
  // Whether the last target assignment is old enough (group.consumer.assignment.interval.ms), so that many members that
  // join at once cause few assignments. Until the next one, new members are in the epoch of the last, without
  // partitions.
  bool may_assign(const ConsumerGroup& group, CoordinatorTime now) const;
  void assign(Step& step, CoordinatorTime now);
  std::int64_t hash_of_subscribed(const ConsumerGroup& group) const;
  void reconcile_member(Step& step, const std::string& member, const std::optional<PartitionSets>& owned);

  // consumer_patterns.cpp
  void resolve_soon(const std::string& group, const std::string& expression);
  // A member that uses the expression was heard of: if topics are guarded, it is resolved to those that this member may
  // describe.
  void used_by(const std::string& group, const std::string& expression, GroupTopics::Asker asker);
  void resolved(const std::string& group, const std::string& expression, std::vector<std::string> topics,
                CoordinatorTime now);

  GroupCoordinator& coordinator_;
  GroupTopicsPtr topics_;
  std::uint64_t topics_version_ = 0;
  std::set<std::string> with_patterns_;  // the groups with regular expressions, and some that had them

  // Regular expressions to resolve, in this order; the first is being resolved.
  struct Resolving {
    TopicPattern pattern;
    std::string after;
    std::vector<std::string> topics;
  };
  std::set<std::pair<std::string, std::string>> to_resolve_;  // group and expression
  std::optional<Resolving> resolving_;
  // The member heard of last that uses the expression, by group and expression; none after the coordinator has moved.
  std::map<std::pair<std::string, std::string>, GroupTopics::Asker> askers_;
  Instant next_round_ = Instant::max();  // when all of them are resolved again, after topics have changed
  Instant last_round_{};
};

}  // namespace fulmar
