// GroupCoordinator: the groups of one partition of __consumer_offsets, as a pure state machine.
//
// No I/O, no clock, no fiber. Its driver passes it the partition's records, requests, the time and the results of its
// appends, one input at a time, and after each takes the Output: records to append, in that order, and answers to send.
// The driver guarantees:
//  - All records up to the end of the log go through replay(), then finish_loading(), before requests are served. Only
//    the partition's leader appends what the core gives out, while its lease holds and in the leader epoch in which the
//    core was loaded.
//  - Appends go to the log in the order given. committed() reports an append once its last record is committed.
//    append_failed() reports one of which nothing is in the log, nor ever will be, before any later append is reported
//    committed. While neither is certain, the driver waits; when it loses the leadership it calls resign(), and the
//    next leader finds in the log what was committed.
//  - An append may be split into batches: after each prefix of its records the state is valid.
//  - It calls tick() at next_deadline() or later.
//
// When changes take effect. During a rebalance, a group's members and generation are in memory only, as in Kafka: the
// next coordinator loads the last stable generation, whose members rejoin. Any other answer that depends on records is
// sent once they are committed. An offset has a committed value, which clients are sent, and appended ones that are not
// committed yet (OffsetStore). A change of a group is applied when its record is committed (a stable generation, a
// deletion); or at once, and undone if the append fails (a static member's new process, a new group), where other
// requests depend on it at once. So a failed append needs no snapshot to go back to: each kind of change knows how it
// is undone, and each group record is complete, so that a later one makes up for an earlier one that failed.
//
// A group is a classic group, or a consumer group (KIP-848), which ConsumerGroups changes. A group without members
// becomes the other kind when a member of that kind joins. A consumer group may have classic members, and a group with
// members becomes the other kind if the configuration allows it (migration.cpp).
//
// The classic protocol is that of Kafka 4.4; comments name the places where it is surprising, or where this coordinator
// differs.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/groups/consumer_groups.h"
#include "broker/groups/group.h"
#include "broker/groups/group_answer.h"
#include "broker/groups/offset_store.h"
#include "broker/groups/settings.h"
#include "broker/groups/state_records.h"
#include "broker/groups/timers.h"
#include "broker/groups/transactional_offsets.h"

namespace fulmar {

using GroupTime = CoordinatorTime;

struct GroupAppend {
  AppendId id = 0;
  std::vector<StateRecord> records;
  std::optional<TransactionWriter> writer;  // if they are part of a transaction
};

struct GroupOutput {
  std::vector<GroupAppend> appends;
  std::vector<GroupAnswer> answers;
  std::vector<std::string> notes;  // for the operator's log; contain strings that clients chose
};

class GroupCoordinator {
 public:
  // `new_uuid`: returns a random id, for member ids.
  GroupCoordinator(const GroupSettings& settings, std::function<Uuid()> new_uuid);
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // -- Loading. Meanwhile Heartbeat requests are answered NONE, and all others COORDINATOR_LOAD_IN_PROGRESS.
  // A committed record, in the log's order. Errors: corrupt, with what is wrong with it; the record is then ignored.
  Result<void> replay(const StateRecord& record);
  // A record of that producer's transaction. Errors: corrupt: it is not an offset with a value.
  Result<void> replay(const StateRecord& record, ProducerId producer);
  // Does a slice of what remains to be done after all records are replayed: starts the timers. Call until it returns
  // true.
  bool finish_loading(GroupTime now);

  // -- Requests, each answered exactly once, now or later. Topics are identified by name; topic ids are returned as
  // they came. The caller has checked that the topics exist and that the client is authorized.
  void join(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, GroupTime now);
  void sync(GroupToken token, const SyncGroupRequest& request, GroupTime now);
  void heartbeat(GroupToken token, const HeartbeatRequest& request, GroupTime now);
  void heartbeat(GroupToken token, const GroupClient& client, const ConsumerGroupHeartbeatRequest& request,
                 GroupTime now) {
    consumers_.heartbeat(token, client, request, now);
  }
  void leave(GroupToken token, const GroupClient& client, const LeaveGroupRequest& request, GroupTime now);
  // `writer`: the offsets are part of a transaction (TxnOffsetCommit), and take effect when that is committed; the
  // request need not name a member.
  void commit_offsets(GroupToken token, const GroupClient& client, const OffsetCommitRequest& request, GroupTime now,
                      const std::optional<TransactionWriter>& writer = std::nullopt);
  void delete_offsets(GroupToken token, const OffsetDeleteRequest& request, GroupTime now);
  // The request contains only groups of this partition.
  void delete_groups(GroupToken token, const DeleteGroupsRequest& request, GroupTime now);

  // -- Queries, answered at once from committed state.
  // `stable`: an offset that an open transaction may replace is answered UNSTABLE_OFFSET_COMMIT (KIP-447).
  OffsetFetchResponse::Group fetch_offsets(const OffsetFetchRequest::Group& request, bool stable) const;
  DescribeGroupsResponse::Group describe(const std::string& group, std::int16_t api_version) const;
  ConsumerGroupDescribeResponse::Group describe_consumers(const std::string& group) const;
  // Checks up to `limit` groups after `after`; `last` is where to continue, nullopt at the end.
  struct Page {
    ErrorCode error_code = ErrorCode::none;
    std::vector<ListGroupsResponse::Group> groups;
    std::optional<std::string> last;
  };
  Page list(const ListGroupsRequest& request, const std::optional<std::string>& after, std::size_t limit) const;
  // The groups that rebalance, by the state in memory. Goes through all groups.
  AllUnderWay under_way() const;

  // -- Other events.
  // The topics that exist from now on; no topics exist before the first call. May be called before loading.
  void set_topics(GroupTopicsPtr topics, GroupTime now) { consumers_.set_topics(std::move(topics), now); }
  // A topic was deleted: deletes all offsets that were committed for it until now. Ignored while loading.
  void topic_deleted(const std::string& topic, GroupTime now);
  // As in CoordinatorCore; also while loading.
  void transaction_ended(ProducerId producer, bool commits);
  void tick(GroupTime now);
  Instant next_deadline() const;
  // All appends up to this one are committed.
  void committed(AppendId through, GroupTime now);
  void append_failed(AppendId id, ErrorCode why, GroupTime now);
  // This broker is not the leader any more: waiting and later requests are answered NOT_COORDINATOR. Final.
  void resign();
  GroupOutput take_output() { return std::exchange(output_, {}); }

  void set_settings(const GroupSettings& settings) {
    if (settings_ != settings) settings_ = settings;
  }

 private:
  friend class ConsumerGroups;

  // What an append changes in a group, and what is needed to undo that.
  struct Written {};  // the group is new, or has no members any more
  struct Deleted {
    Timestamp state_since;
  };
  struct Assigned {  // a generation is stable
    std::int32_t generation;
    std::map<std::string, Bytes> assignments;
  };
  struct Replaced {  // a static member has another process
    std::int32_t generation;
    std::string new_id;
    std::int16_t api_version;
    std::string leader_before;
    Member before;
  };
  struct Stepped {};  // part of a consumer group's step
  struct Effect {
    std::string group;
    std::variant<Written, Deleted, Assigned, Replaced, Stepped> change;
  };
  struct Pending {
    AppendId id;
    Instant answer_by;
    std::size_t bytes = 0;
    std::set<std::string> groups;  // whose records it contains
    std::vector<OffsetCommitKey> offsets;
    ProducerId producer = no_producer_id;  // the offsets are part of its transaction
    std::vector<Effect> effects;
    std::vector<GroupAnswer> answers;
  };
  enum class Phase : std::uint8_t { loading, active, resigned };

  // coordinator.cpp
  // The error for all requests while it is loading, or after it has resigned.
  std::optional<ErrorCode> not_serving() const;
  Group* find(const std::string& group);
  const Group* find(const std::string& group) const;
  // The group as it is committed: if it is becoming a consumer group, still the classic group.
  static const Group& committed_kind(const Group& group);
  // The error if this is not a member, or another process has its instance id.
  static std::optional<ErrorCode> validate_member(const Group& group, const std::string& member,
                                                  const std::optional<std::string>& instance_id);
  template <class Response>
  void answer(GroupToken token, Response response) {
    output_.answers.push_back({token, std::move(response)});
  }
  void answer_join_error(GroupToken token, ErrorCode error, std::string member_id = "");
  void answer_sync_error(GroupToken token, ErrorCode error);
  void note(const Group& group, const std::string& what);
  void fire(const TimerKey& timer, GroupTime now);
  void replay_consumer(const StateRecord& record);

  // appends.cpp
  Pending& append(std::vector<StateRecord> records, std::vector<Effect> effects, GroupTime now,
                  const std::optional<TransactionWriter>& writer = std::nullopt);
  void commit_offset(const OffsetCommitKey& key, const Pending& pending);
  bool backlogged() const { return uncommitted_bytes_ >= settings_.uncommitted_bytes_max; }
  void apply(const Effect& effect, GroupTime now);
  void undo(const Effect& effect, ErrorCode why, GroupTime now);
  // The append has been committed or has failed. Removes groups of which nothing is or will be in the log.
  void release_groups(const Pending& pending, ErrorCode why);
  void give_up_waiting(Pending& pending, GroupTime now);
  // Answers all waiting requests of the group's members.
  void tell_waiting(Group& group, ErrorCode error);
  void tell_late_answers(GroupTime now);
  void erase(const std::string& group);

  // join.cpp
  void join_new(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                GroupTime now);
  void join_known(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                  GroupTime now);
  void become_classic(Group& group, GroupTime now);
  static bool has_room(const Group& group, const JoinGroupRequest& request, std::size_t size_max);
  void add_member(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                  const std::string& id, GroupTime now);
  void update_member(GroupToken token, const JoinGroupRequest& request, Group& group, Member& member,
                     const std::string& why, GroupTime now);
  void wait_in_join(Group& group, Member& member, GroupToken token);

  // static_member.cpp
  void replace_static(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                      const std::string& old_id, const std::string& new_id, GroupTime now);
  void answer_replaced(Group& group, const Replaced& replaced, GroupTime now);
  void undo_replaced(Group& group, const Replaced& replaced, ErrorCode why, GroupTime now);

  // rebalance.cpp
  void rebalance_or_complete(Group& group, const std::string& why, GroupTime now);
  void prepare_rebalance(Group& group, const std::string& why, GroupTime now);
  void complete_join_if_all(Group& group, GroupTime now);
  void complete_join(Group& group, GroupTime now);
  void join_timer(Group& group, GroupTime now);
  JoinGroupResponse joined(const Group& group, const Member& member, bool with_members) const;

  // sync.cpp
  void store_assignment(Group& group, const SyncGroupRequest& request, GroupTime now);
  void synced(Group& group, const std::string& member);
  void assigned(Group& group, const Assigned& assigned, GroupTime now);
  void cancel_syncs(Group& group, ErrorCode error, GroupTime now);
  void sync_timer(Group& group, GroupTime now);

  // membership.cpp
  void restart_session(Group& group, Member& member, milliseconds timeout, GroupTime now);
  void restart_session(Group& group, Member& member, GroupTime now);
  void session_timer(Group& group, const std::string& member, GroupTime now);
  // Removes a member, and answers its waiting requests UNKNOWN_MEMBER_ID. The caller then rebalances the group.
  void remove_member(Group& group, const std::string& member);
  ErrorCode leave_one(Group& group, const LeaveGroupRequest::Member& leaver);

  // offsets.cpp
  std::optional<ErrorCode> validate_commit(const Group* group, const GroupClient& client,
                                           const OffsetCommitRequest& request) const;
  std::optional<ErrorCode> validate_transactional_commit(const Group* group, const OffsetCommitRequest& request) const;

  // describe.cpp
  // The records that delete a group; those that delete its offsets come before them.
  static void put_tombstones(const Group& group, std::vector<StateRecord>& records);

  // expiration.cpp
  // The records and effects of one slice of expiration.
  struct Expired;
  void expire_slice(GroupTime now);
  void expire_in(Group& group, Expired& expired, GroupTime now);
  void purge_slice(GroupTime now);

  GroupSettings settings_;
  std::function<Uuid()> new_uuid_;
  Phase phase_ = Phase::loading;
  std::map<std::string, Group> groups_;
  OffsetStore offsets_;
  TransactionalOffsets transactional_;
  std::uint64_t loaded_offsets_ = 0;
  GroupTimers timers_;
  std::deque<Pending> pending_;  // ascending ids
  std::set<std::pair<Instant, AppendId>> answer_by_;
  AppendId last_append_ = 0;
  std::size_t uncommitted_bytes_ = 0;
  GroupOutput output_;
  ConsumerGroups consumers_{*this};

  std::optional<std::string> load_cursor_;
  // Expiration: when the next round begins, or where the current one continues.
  Instant next_expiration_ = Instant::max();
  std::optional<OffsetCommitKey> expire_cursor_;
  struct Purge {
    std::string topic;
    AppendId through;                  // later appends are about another topic of that name
    std::optional<std::string> after;  // the groups up to this one are purged
  };
  std::deque<Purge> purges_;
};

// Roughly the bytes that a record takes, in memory and in the log.
std::size_t bytes_of(const StateRecord& record);

}  // namespace fulmar
