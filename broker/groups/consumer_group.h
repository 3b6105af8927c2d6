// ConsumerGroup: the state of one group of the consumer protocol (KIP-848): the values of its records, by key, and what
// follows from them. Each change is a put() of a record, which returns the record that undoes it; so the state always
// follows from records. It keeps its data consistent; the decisions are made by ConsumerGroups.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/groups/group_answer.h"
#include "broker/groups/reconciliation.h"
#include "broker/groups/state_records.h"
#include "broker/groups/timers.h"

namespace fulmar {

using ConsumerMember = ConsumerGroupMemberMetadataValue;

enum class ConsumerGroupState : std::uint8_t {
  empty,
  assigning,    // the target assignment for the group's epoch is not computed yet
  reconciling,  // not all members have their target assignment yet
  stable,
};
// "Reconciling", as Kafka prints it.
const char* consumer_group_state_name(ConsumerGroupState state);

// The partitions of an assignment without their epochs.
PartitionSets partitions_of(const std::map<Uuid, std::map<std::int32_t, std::int32_t>>& sets);

struct ConsumerStep;

ConsumerGroupTargetAssignmentMemberValue value_of(const PartitionSets& target);

class ConsumerGroup {
 public:
  // -- The values of the records.
  std::int32_t epoch() const { return epoch_; }  // 0: it has no epoch record yet
  std::int64_t metadata_hash() const { return metadata_hash_; }
  std::int32_t target_epoch() const { return target_epoch_; }
  Timestamp target_timestamp() const { return target_timestamp_; }  // when the target was computed; 0: not known
  const std::map<std::string, ConsumerMember>& members() const { return members_; }
  const ConsumerMember* member(const std::string& id) const;
  // A member without a record of it has no partitions, in joining_epoch.
  const CurrentAssignment& current(const std::string& member) const;
  const PartitionSets* target(const std::string& member) const;
  const ConsumerGroupRegularExpressionValue* pattern(const std::string& expression) const;
  const std::map<std::string, ConsumerGroupRegularExpressionValue>& patterns() const { return patterns_; }

  // -- What follows from them.
  bool empty() const { return members_.empty(); }
  // It has members, and all of them use the classic protocol.
  bool all_classic() const { return !members_.empty() && classic_members_ == members_.size(); }
  ConsumerGroupState state() const;
  const std::string* static_member(const std::string& instance_id) const;  // its member id, or nullptr
  // The member that has the partition, also while it is to give it up; nullptr if there is none.
  const std::string* owner(const Uuid& topic, std::int32_t partition) const;
  std::set<std::string> topics_of(const ConsumerMember& member) const;  // subscribed by name and by regular expression
  std::set<std::string> subscribed_topics() const;
  bool is_subscribed(const std::string& topic) const;
  bool uses_pattern(const std::string& expression) const { return pattern_users_.contains(expression); }
  // The assignor that most members ask for; of equals the first by name. Empty if no member asks for one.
  std::string preferred_assignor() const;

  // Applies a record of this group, and returns the record that undoes it. Records of classic groups and of offsets
  // change nothing.
  StateRecord put(const StateRecord& record);
  // Tombstones for all records of a group without members. Asserted: it has none.
  std::vector<StateRecord> tombstones(const std::string& id) const;
  // When all records are loaded: removes the assignments of member ids that have no member record.
  void tidy();

  // -- Kept for ConsumerGroups, in memory only.
  // A request or timer that waits for its turn to become part of a step.
  struct Waiting {
    std::optional<GroupAnswer> otherwise;  // sent with an error if a request can't wait any longer; nullopt: no request
    std::function<void(ConsumerStep&, CoordinatorTime)> act;
    // Repeats the request when the group has become a classic group meanwhile, or has stayed one; null: no request.
    std::function<void(CoordinatorTime)> again = nullptr;
  };
  // A classic group is becoming this consumer group. Until that is committed, its members' requests to join or sync
  // wait in `before`; if the append fails, `before` and its timers are restored.
  struct Upgrade {
    std::shared_ptr<Group> before;
    std::vector<std::pair<TimerKey, Instant>> timers;
  };
  // The step that is being appended. A group has one at a time; later requests wait until it is committed or fails.
  struct Step {
    std::deque<std::vector<StateRecord>> records;  // one element per append; the first append is under way
    std::deque<std::vector<StateRecord>> undo;     // for each append, in the order of its records
    std::vector<GroupAnswer> answers;
    std::optional<Upgrade> upgrade;
    std::shared_ptr<Group> downgraded;  // the classic group that it becomes
  };
  std::optional<Step> step;
  std::deque<Waiting> waiting;
  std::map<std::string, Instant> session_deadlines;
  struct Revocation {
    std::int32_t epoch;  // the member's when it was told to give up partitions, or to join again
    Instant deadline;
  };
  std::map<std::string, Revocation> revocations;
  std::optional<std::uint64_t> topics_seen;  // the version of the topics when the metadata hash was last computed
  // The state without the uncommitted records of the step that is under way.
  ConsumerGroup committed() const;

 private:
  template <class Record>
  void set(const Record& record);
  void own(const std::string& member, const CurrentAssignment& current, bool owns);
  void count(const ConsumerMember& member, const std::string& id, bool in);

  std::int32_t epoch_ = 0;
  std::int64_t metadata_hash_ = 0;
  std::int32_t target_epoch_ = 0;
  std::int64_t target_timestamp_ = 0;
  std::map<std::string, ConsumerMember> members_;
  std::size_t classic_members_ = 0;
  std::map<std::string, CurrentAssignment> current_;
  std::map<std::string, PartitionSets> targets_;
  std::map<std::string, ConsumerGroupRegularExpressionValue> patterns_;
  std::map<std::string, std::string> static_members_;
  std::map<std::pair<Uuid, std::int32_t>, std::string> owners_;
  std::map<std::string, std::size_t> topic_users_;    // the number of members that subscribe to it by name
  std::map<std::string, std::size_t> pattern_users_;  // the number of members that subscribe by it
};

}  // namespace fulmar
