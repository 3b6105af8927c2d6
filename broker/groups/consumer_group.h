// ConsumerGroup: one group of the consumer protocol (KIP-848): what its records say, by key, and what follows from
// that. Every change is a record that is put, and put() gives back the record that undoes it; so what is believed is
// always what some beginning of the log says. It keeps its books consistent and decides nothing; that is
// ConsumerGroups'.
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
  assigning,    // what is aimed at is not computed yet for the group's epoch
  reconciling,  // not all members have come there
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
  // -- What the records say.
  std::int32_t epoch() const { return epoch_; }  // 0: nothing is written yet
  std::int64_t metadata_hash() const { return metadata_hash_; }
  std::int32_t target_epoch() const { return target_epoch_; }
  Timestamp target_timestamp() const { return target_timestamp_; }  // when that was computed; 0: not known
  const std::map<std::string, ConsumerMember>& members() const { return members_; }
  const ConsumerMember* member(const std::string& id) const;
  // Of a member that has none yet: that of one who joins.
  const CurrentAssignment& current(const std::string& member) const;
  const PartitionSets* target(const std::string& member) const;
  const ConsumerGroupRegularExpressionValue* pattern(const std::string& expression) const;
  const std::map<std::string, ConsumerGroupRegularExpressionValue>& patterns() const { return patterns_; }

  // -- What follows.
  bool empty() const { return members_.empty(); }
  // It has members, all of them of the classic protocol.
  bool all_classic() const { return !members_.empty() && classic_members_ == members_.size(); }
  ConsumerGroupState state() const;
  const std::string* static_member(const std::string& instance_id) const;  // its member id, or nullptr
  // Whose the partition is, or nullptr: a member's that has it, or was told to give it up.
  const std::string* owner(const Uuid& topic, std::int32_t partition) const;
  std::set<std::string> topics_of(const ConsumerMember& member) const;  // by name and by what its pattern stands for
  std::set<std::string> subscribed_topics() const;
  bool is_subscribed(const std::string& topic) const;
  bool uses_pattern(const std::string& expression) const { return pattern_users_.contains(expression); }
  // The assignor that most members want, of those that want one; empty: none does.
  std::string preferred_assignor() const;

  // A record of this group; those of classic groups and of offsets change nothing. Returns what undoes it.
  StateRecord put(const StateRecord& record);
  // Tombstones for all that a group without members has left.
  std::vector<StateRecord> tombstones(const std::string& id) const;
  // While loading: forgets what is said of members that are none.
  void tidy();

  // -- What ConsumerGroups keeps here, and is in memory alone.
  struct Waiting {
    std::optional<GroupAnswer> otherwise;  // told, with an error, if it can't wait any longer; nullopt: nobody asked
    std::function<void(ConsumerStep&, CoordinatorTime)> act;
    // Asks anew, of a group that has become of the other kind meanwhile; none: nobody asked.
    std::function<void(CoordinatorTime)> again = nullptr;
  };
  // A classic group becomes this one: what it is again if that can't be written. Its members wait in it meanwhile.
  struct Upgrade {
    std::shared_ptr<Group> before;
    std::vector<std::pair<TimerKey, Instant>> timers;
  };
  // Appends under way: a group has one at a time, and what comes meanwhile waits until it is known what became of it.
  struct Step {
    std::deque<std::vector<StateRecord>> records;  // an append each; the first is handed out
    std::deque<std::vector<StateRecord>> undo;     // of each, in the order of the changes
    std::vector<GroupAnswer> answers;
    std::optional<Upgrade> upgrade;
    std::shared_ptr<Group> downgraded;  // the classic group that it becomes
  };
  std::optional<Step> step;
  std::deque<Waiting> waiting;
  std::map<std::string, Instant> session_deadlines;
  struct Revocation {
    std::int32_t epoch;  // the member's when it was told
    Instant deadline;
  };
  std::map<std::string, Revocation> revocations;
  std::optional<std::uint64_t> topics_seen;  // of the topics that the metadata hash is of
  // What is believed without the step that is under way.
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
  std::map<std::string, std::size_t> topic_users_;    // how many members name it
  std::map<std::string, std::size_t> pattern_users_;  // likewise
};

}  // namespace fulmar
