// Group: one group as its coordinator knows it. Of the classic protocol: its members, who of them waits, what protocols
// all of them know, and its state; of a consumer group, what it is called and the rest apart. It keeps its own books
// consistent and decides nothing; that is GroupCoordinator's.
//
// Ordered containers throughout: who is elected, and in what order members are told, is the same everywhere.
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

// Names who waits for an answer: given by the driver with each request, and back with the answer.
using GroupToken = std::uint64_t;
// Numbers the coordinator's appends, from 1 on.
using AppendId = std::uint64_t;

using JoinProtocols = std::vector<JoinGroupRequest::Protocol>;

class ConsumerGroup;

enum class GroupState : std::uint8_t {
  empty,                 // no members; perhaps offsets
  preparing_rebalance,   // members are to join (again)
  completing_rebalance,  // the leader is to say who gets what
  stable,
  dead,  // its deletion is being written
};
// "PreparingRebalance", as Kafka prints it.
const char* group_state_name(GroupState state);

// The type of groups whose members' subscriptions the coordinator can read.
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
  // Has joined, but never been in a generation: it does not know its id for certain, so it sends no heartbeats.
  bool is_new = false;
  Instant session_deadline;
  std::optional<GroupToken> sync_token;  // waits in SyncGroup

  const std::optional<GroupToken>& join_token() const { return join_token_; }  // waits in JoinGroup
  bool awaits_join() const { return join_token_.has_value(); }
  bool awaits_sync() const { return sync_token.has_value(); }
  milliseconds rebalance_timeout() const { return rebalance_timeout_; }
  const JoinProtocols& protocols() const { return protocols_; }
  // Its metadata for a protocol; nullptr if it does not know that.
  const Bytes* metadata(const std::string& protocol) const;
  // The topics that a consumer's metadata for the protocol names; nullopt if it cannot be read.
  std::optional<std::set<std::string>> subscribed_topics(const std::string& protocol) const;

 private:
  friend class Group;  // which counts these
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
  // Asserted: a group only goes the ways that Kafka's do.
  void move_to(GroupState state, Timestamp now);

  std::int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }  // empty: of a simple group
  const std::optional<std::string>& protocol() const { return protocol_; }
  const std::optional<std::string>& leader() const { return leader_; }
  bool is_leader(const std::string& member) const { return leader_ == member; }

  // -- Members.
  const std::map<std::string, Member>& members() const { return members_; }
  Member* member(const std::string& id);
  // Calls f with each of them; it may neither add nor remove any.
  template <class F>
  void each_member(F&& f) {
    for (auto& [id, member] : members_) f(member);
  }
  const std::string* static_member(const std::string& instance_id) const;  // its member id, or nullptr
  std::size_t awaiting_join() const { return awaiting_join_; }
  // All members wait in JoinGroup, and nobody is expected who was given an id.
  bool all_joined() const { return awaiting_join_ == members_.size() && pending_joins.empty(); }
  // The longest of all members.
  milliseconds rebalance_timeout() const;

  // Neither id nor instance id may be a member's yet, and it must know a protocol that all know; asserted.
  Member& add(Member member, JoinProtocols protocols, milliseconds rebalance_timeout, const std::string& type);
  // Takes it out; its tokens are still in it.
  std::optional<Member> remove(const std::string& id);
  // Another process takes the place of a static member (KIP-345): the same in all but its id, and nobody waits in it.
  // Returns what it replaced.
  Member replace(const std::string& old_id, const std::string& new_id);
  void update(Member& member, JoinProtocols protocols, milliseconds rebalance_timeout, milliseconds session_timeout);
  // Returns who waited in its stead.
  std::optional<GroupToken> await_join(Member& member, GroupToken token);
  std::optional<GroupToken> take_join(Member& member);

  // -- Rebalancing.
  // Whether one who joins with these would fit in: of the group's type, with a protocol that all members know.
  bool supports(const std::string& type, const JoinProtocols& protocols) const;
  // The protocol that most members prefer, of those that all of them know; of equals the first by name. There are
  // members.
  std::string select_protocol() const;
  // Makes one who waits in JoinGroup the leader, if the one there was does not. False if nobody waits.
  bool elect_leader();
  // Moves to completing_rebalance, or to empty, with the next generation.
  void begin_generation(Timestamp now);

  // What the members of a group of consumers subscribe to; nullopt if that is not known.
  const std::optional<std::set<std::string>>& subscribed_topics() const { return subscribed_topics_; }
  bool is_subscribed(const std::string& topic) const;

  // -- To and from the log. The assignments are given apart: they are the members' only once this is committed.
  GroupMetadataValue snapshot(const std::map<std::string, Bytes>* assignments) const;
  // Errors: corrupt, with what is wrong.
  static Result<Group> from_snapshot(std::string id, const GroupMetadataValue& snapshot);

  // -- Kept for GroupCoordinator.
  // Of a consumer group: then it has no members of the classic protocol, and is `empty` or `dead` here.
  std::shared_ptr<ConsumerGroup> consumer;
  std::map<std::string, Instant> pending_joins;  // were given an id and have not come back with it, with their deadline
  std::set<std::string> pending_syncs;           // members of this generation that have not asked for their assignment
  // Of the first rebalance of a group that was empty: how long it may still be put off. nullopt: any other rebalance.
  std::optional<milliseconds> initial_remaining;
  bool member_added = false;  // since it was last put off
  // The generation whose assignment is being written.
  std::optional<std::int32_t> assigning;
  bool persisted = false;       // something of it is committed, so that others may be told of it
  std::size_t uncommitted = 0;  // appends with records of it

 private:
  void count(const Member& member, int by);
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
  std::map<std::string, std::size_t> supporters_;  // of each protocol
  std::map<milliseconds, std::size_t> rebalance_timeouts_;
  std::optional<std::set<std::string>> subscribed_topics_;
};

// `prefix` and a random part, as Kafka makes members' ids.
std::string new_member_id(const std::string& prefix, const Uuid& random);
// A protocol's list as it is kept: copied, since a request's bytes share its frame's memory, and each name once.
JoinProtocols keep_protocols(const JoinProtocols& protocols);
bool same_protocols(const JoinProtocols& a, const JoinProtocols& b);

}  // namespace fulmar
