// Group: the state of one group. Of a classic group: its members and their waiting requests, the protocols that all of
// them support, and its state; of a consumer group: its id, and a ConsumerGroup with everything else. It keeps its data
// consistent; the decisions are made by GroupCoordinator.
//
// Its containers are ordered, so that elections and the order of answers are deterministic.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/groups/state_records.h"
#include "broker/protocol/messages/classic_group.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// Identifies a waiting request: given by the driver with the request, and returned with the answer.
using GroupToken = std::uint64_t;
// Numbers the coordinator's appends, from 1 on.
using AppendId = std::uint64_t;

using JoinProtocols = std::vector<JoinGroupRequest::Protocol>;

class ConsumerGroup;

enum class GroupState : std::uint8_t {
  empty,                 // no members; perhaps offsets
  preparing_rebalance,   // waits for its members to join (again)
  completing_rebalance,  // waits for the leader's assignment
  stable,
  dead,  // its deletion is being appended
};
// "PreparingRebalance", as Kafka prints it.
const char* group_state_name(GroupState state);

// The protocol type of consumers, whose subscriptions the coordinator can read.
inline constexpr const char* consumer_protocol_type = "consumer";

class Member {
 public:
  Member() = default;

  std::string id;
  std::optional<std::string> instance_id;  // of a static member (KIP-345)
  std::string client_id;
  std::string client_host;
  milliseconds session_timeout{0};
  Bytes assignment;
  // It has joined, but was not in a generation yet: it may not know its id, so it sends no heartbeats.
  bool is_new = false;
  Instant session_deadline;
  std::optional<GroupToken> sync_token;  // its waiting SyncGroup request

  const std::optional<GroupToken>& join_token() const { return join_token_; }  // its waiting JoinGroup request
  bool awaits_join() const { return join_token_.has_value(); }
  bool awaits_sync() const { return sync_token.has_value(); }
  milliseconds rebalance_timeout() const { return rebalance_timeout_; }
  const JoinProtocols& protocols() const { return protocols_; }
  // Its metadata for a protocol; nullptr if it does not support that.
  const Bytes* metadata(const std::string& protocol) const;
  // The topics that a consumer's metadata for the protocol names; nullopt if it cannot be read.
  std::optional<std::set<std::string>> subscribed_topics(const std::string& protocol) const;

 private:
  friend class Group;  // keeps counts of these
  std::optional<GroupToken> join_token_;
  milliseconds rebalance_timeout_{0};
  JoinProtocols protocols_;
};

class Group {
 public:
  Group(std::string id, Timestamp now) : id_(std::move(id)), state_since_(now) {}

  const std::string& id() const { return id_; }
  GroupState state() const { return state_; }
  bool in(GroupState state) const { return state_ == state; }
  Timestamp state_since() const { return state_since_; }
  // For an empty group that was of the other kind until now.
  void is_empty_since(Timestamp now);
  // Asserted: it is a transition that Kafka's groups have, or the undoing of a deletion.
  void move_to(GroupState state, Timestamp now);

  std::int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }  // empty: a simple group, for offsets only
  const std::optional<std::string>& protocol() const { return protocol_; }
  const std::optional<std::string>& leader() const { return leader_; }
  bool is_leader(const std::string& member) const { return leader_ == member; }

  // -- Members.
  const std::map<std::string, Member>& members() const { return members_; }
  Member* member(const std::string& id);
  // Calls f with each member; f may not add or remove members.
  template <class F>
  void each_member(F&& f) {
    for (auto& [id, member] : members_) f(member);
  }
  const std::string* static_member(const std::string& instance_id) const;  // its member id, or nullptr
  std::size_t awaiting_join() const { return awaiting_join_; }
  // The static members that do not wait in JoinGroup: a rebalance does not remove them.
  std::size_t absent_static() const { return static_members_.size() - awaiting_static_; }
  // All members wait in JoinGroup, and no client is expected to join with an id that it was given.
  bool all_joined() const { return awaiting_join_ == members_.size() && pending_joins.empty(); }
  // The longest of all members.
  milliseconds rebalance_timeout() const;

  // Asserted: no member has its id or instance id, and it supports a protocol that all members support.
  Member& add(Member member, JoinProtocols protocols, milliseconds rebalance_timeout, const std::string& type);
  // Returns the removed member, with the tokens of its waiting requests.
  std::optional<Member> remove(const std::string& id);
  // A new process takes the place of a static member (KIP-345): with a new id and no waiting requests; all else stays.
  // Returns the member as it was.
  Member replace(const std::string& old_id, const std::string& new_id);
  void update(Member& member, JoinProtocols protocols, milliseconds rebalance_timeout, milliseconds session_timeout);
  // Returns the request of this member that waited before.
  std::optional<GroupToken> await_join(Member& member, GroupToken token);
  std::optional<GroupToken> take_join(Member& member);

  // -- Rebalancing.
  // Whether a member with these can join: it has the group's protocol type, and a protocol that all members support.
  bool supports(const std::string& type, const JoinProtocols& protocols) const;
  // The protocol that most members prefer, of those that all of them support; of equals the first by name. Asserted:
  // there are members.
  std::string select_protocol() const;
  // If the leader does not wait in JoinGroup, makes the first member that does the leader. False if no member does.
  bool elect_leader();
  // Begins the next generation: completing_rebalance, or empty if there are no members.
  void begin_generation(Timestamp now);

  // The topics that the members of a group of consumers subscribe to; nullopt if they are not known.
  const std::optional<std::set<std::string>>& subscribed_topics() const { return subscribed_topics_; }
  bool is_subscribed(const std::string& topic) const;

  // -- To and from the log. `assignments`: of the members, which have them only once this is committed; nullptr: those
  // that the members have.
  GroupMetadataValue snapshot(const std::map<std::string, Bytes>* assignments) const;
  // Errors: corrupt, with what is wrong.
  static Result<Group> from_snapshot(std::string id, const GroupMetadataValue& snapshot);

  // -- Kept for GroupCoordinator.
  // Null for a classic group. Otherwise this Group has no members, and is `empty` or `dead`.
  std::shared_ptr<ConsumerGroup> consumer;
  std::map<std::string, Instant> pending_joins;  // ids given to clients that have not joined with them; their deadlines
  std::set<std::string> pending_syncs;           // members of this generation that have not asked for their assignment
  // In the first rebalance of a group that was empty: how much longer it may be delayed (KIP-134). nullopt: in others.
  std::optional<milliseconds> initial_remaining;
  bool member_added = false;  // since that rebalance was last delayed
  // The generation whose assignment is being appended.
  std::optional<std::int32_t> assigning;
  bool persisted = false;       // a record of it is committed, so that clients may be told that it exists
  std::size_t uncommitted = 0;  // the number of uncommitted appends with records of it

 private:
  void count(const Member& member, int by);
  void count_awaiting(const Member& member, int by);
  std::optional<std::set<std::string>> compute_subscribed_topics() const;

  std::string id_;
  GroupState state_ = GroupState::empty;
  Timestamp state_since_;
  std::int32_t generation_ = 0;
  std::string protocol_type_;
  std::optional<std::string> protocol_;
  std::optional<std::string> leader_;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_members_;  // by instance id
  std::size_t awaiting_join_ = 0;
  std::size_t awaiting_static_ = 0;                // of these, the static members
  std::map<std::string, std::size_t> supporters_;  // of each protocol, the number of members that support it
  std::map<milliseconds, std::size_t> rebalance_timeouts_;
  std::optional<std::set<std::string>> subscribed_topics_;
};

// A member id as in Kafka: `prefix`, shortened if it is too long to be stored, and a random part.
std::string new_member_id(const std::string& prefix, const Uuid& random);
// The protocols as a member keeps them: each name once, and copied, since a request's bytes share its frame's memory.
JoinProtocols keep_protocols(const JoinProtocols& protocols);
bool same_protocols(const JoinProtocols& a, const JoinProtocols& b);

}  // namespace fulmar
