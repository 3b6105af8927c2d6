// GroupCoordinator: the groups of one partition of __consumer_offsets, as a pure state machine.
//
// No I/O, no clock, no fiber. Whoever drives it replays the partition's records, tells it requests, the time and what
// became of its appends, one at a time, and after each input takes the Output: records to append in that order, and
// answers to give. It owes the core this:
//  - All records up to the end of the log go through replay() and finish_loading() before anything else counts; and
//  only
//    the leader of the partition whose lease holds, at the epoch it loaded under, appends what the core gives out.
//  - Appends go to the log in the order given. An append that was taken is reported with committed() once its last
//    record is; one of which nothing is in the log and nothing ever will be, with append_failed(), and that before a
//    later one is reported committed. Where neither is certain, the driver waits, and resign()s when it is deposed:
//    then the next leader's log says what was committed.
//    An append may be split into batches: its records are in an order in which every beginning is a state of its own.
//  - tick() at next_deadline(), or later.
//
// What is believed when. A group's members and its generation while it rebalances are in memory alone, as Kafka's: the
// next coordinator has the last stable generation, whose members rejoin. What an answer promises beyond that rests on
// records, and comes once those are committed. An offset is kept twice over: committed, which clients are told, and
// what is appended on top of it (OffsetStore). A group's own changes are applied when their record commits (a stable
// generation, its deletion), or at once and taken back if it fails (a static member's new process, a new group), since
// others decide by it at once. So a failed append needs no snapshots to return to: each kind of change says what it is
// undone by, and every group record is whole, so that a later one makes up for an earlier one that failed.
//
// A group is classic or a consumer group (KIP-848), whose changes are ConsumerGroups'; one without members becomes the
// other kind when a member of that comes. A consumer group may have classic members, and a group with members becomes
// the other kind as the configuration allows (migration.cpp).
//
// The classic protocol is Kafka 4.4's; the comments name the places where it surprises, or where this is kinder.
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
  std::vector<std::string> notes;  // for the operator's log: what groups do, and why; holds what clients wrote
};

class GroupCoordinator {
 public:
  // `new_uuid`: random, for members' ids.
  GroupCoordinator(const GroupSettings& settings, std::function<Uuid()> new_uuid);
  GroupCoordinator(const GroupCoordinator&) = delete;
  GroupCoordinator& operator=(const GroupCoordinator&) = delete;

  // -- Loading. Until it is done, requests are answered COORDINATOR_LOAD_IN_PROGRESS.
  // A record of the log, in the log's order. Errors: corrupt, with what is wrong with it; it is as if it was not there.
  Result<void> replay(const StateRecord& record);
  // The same of a record of that producer's transaction. Errors: corrupt: it is no committed offset.
  Result<void> replay(const StateRecord& record, ProducerId producer);
  // Does a slice of what remains once all records are replayed: starts the timers. Call until it returns true.
  bool finish_loading(GroupTime now);

  // -- Requests, each answered exactly once, now or later. Topics are meant by name; ids are handed back as they came.
  // Which topics a client may touch, and whether they exist, is for the caller to have sorted out.
  void join(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, GroupTime now);
  void sync(GroupToken token, const SyncGroupRequest& request, GroupTime now);
  void heartbeat(GroupToken token, const HeartbeatRequest& request, GroupTime now);
  void heartbeat(GroupToken token, const GroupClient& client, const ConsumerGroupHeartbeatRequest& request,
                 GroupTime now) {
    consumers_.heartbeat(token, client, request, now);
  }
  void leave(GroupToken token, const GroupClient& client, const LeaveGroupRequest& request, GroupTime now);
  // `writer`: the offsets are part of a transaction (TxnOffsetCommit), and count once that is committed; the member
  // that they are committed by need not be named.
  void commit_offsets(GroupToken token, const GroupClient& client, const OffsetCommitRequest& request, GroupTime now,
                      const std::optional<TransactionWriter>& writer = std::nullopt);
  void delete_offsets(GroupToken token, const OffsetDeleteRequest& request, GroupTime now);
  // Of the request's groups those that belong to this partition.
  void delete_groups(GroupToken token, const DeleteGroupsRequest& request, GroupTime now);

  // -- Reading: what is committed, at once.
  // `stable`: an offset that an open transaction may replace is told as UNSTABLE_OFFSET_COMMIT (KIP-447).
  OffsetFetchResponse::Group fetch_offsets(const OffsetFetchRequest::Group& request, bool stable) const;
  DescribeGroupsResponse::Group describe(const std::string& group, std::int16_t api_version) const;
  ConsumerGroupDescribeResponse::Group describe_consumers(const std::string& group) const;
  // Up to `limit` groups after one of that name are looked at; `last` is where to go on, nullopt at the end.
  struct Page {
    ErrorCode error_code = ErrorCode::none;
    std::vector<ListGroupsResponse::Group> groups;
    std::optional<std::string> last;
  };
  Page list(const ListGroupsRequest& request, const std::optional<std::string>& after, std::size_t limit) const;

  // -- The world.
  // What topics there are from now on; also before loading. None until then.
  void set_topics(GroupTopicsPtr topics, GroupTime now) { consumers_.set_topics(std::move(topics), now); }
  // A topic is gone, and the offsets committed for it until now with it.
  void topic_deleted(const std::string& topic, GroupTime now);
  // As CoordinatorCore's, also while loading.
  void transaction_ended(ProducerId producer, bool commits);
  void tick(GroupTime now);
  Instant next_deadline() const;
  // All appends up to this one.
  void committed(AppendId through, GroupTime now);
  void append_failed(AppendId id, ErrorCode why, GroupTime now);
  // No leader any more: whoever waits is told NOT_COORDINATOR, and so is whoever asks from now on. For good.
  void resign();
  GroupOutput take_output() { return std::exchange(output_, {}); }

  void set_settings(const GroupSettings& settings) {
    if (settings_ != settings) settings_ = settings;
  }

 private:
  friend class ConsumerGroups;

  // What an append says of a group, and is undone by.
  struct Written {};  // its beginning, or that it has no members any more
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
  struct Stepped {};  // of a consumer group, which knows what its step is
  struct Effect {
    std::string group;
    std::variant<Written, Deleted, Assigned, Replaced, Stepped> change;
  };
  struct Pending {
    AppendId id;
    Instant answer_by;
    std::size_t bytes = 0;
    std::set<std::string> groups;  // that it has records of
    std::vector<OffsetCommitKey> offsets;
    ProducerId producer = no_producer_id;  // whose transaction they are part of
    std::vector<Effect> effects;
    std::vector<GroupAnswer> answers;
  };
  enum class Phase : std::uint8_t { loading, active, resigned };

  // coordinator.cpp
  // What keeps everything from being answered: loading, or resigned.
  std::optional<ErrorCode> not_serving() const;
  Group* find(const std::string& group);
  const Group* find(const std::string& group) const;
  // As far as that is committed: one that is becoming a consumer group is still a classic one.
  static const Group& committed_kind(const Group& group);
  // Why this member may not speak for itself, if so.
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
  // The append is out of the way, for these groups too. Forgets one of which nothing was ever written.
  void release_groups(const Pending& pending, ErrorCode why);
  void give_up_waiting(Pending& pending, GroupTime now);
  // Tells all who wait in a group's members.
  void tell_waiting(Group& group, ErrorCode error);
  void tell_late_answers(GroupTime now);
  void erase(const std::string& group);

  // join.cpp
  void join_new(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                GroupTime now);
  void join_known(GroupToken token, const GroupClient& client, const JoinGroupRequest& request, Group& group,
                  GroupTime now);
  void become_classic(Group& group, GroupTime now);
  bool has_room(const Group& group, const std::string& member) const;
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
  // Takes a member out; if it waits, it is told that nobody knows it. What becomes of the group is the caller's.
  void remove_member(Group& group, const std::string& member);
  ErrorCode leave_one(Group& group, const LeaveGroupRequest::Member& leaver);

  // offsets.cpp
  std::optional<ErrorCode> validate_commit(const Group* group, const GroupClient& client,
                                           const OffsetCommitRequest& request) const;
  std::optional<ErrorCode> validate_transactional_commit(const Group* group, const OffsetCommitRequest& request) const;

  // describe.cpp
  // What ends a group, whose offsets have gone before.
  static void put_tombstones(const Group& group, std::vector<StateRecord>& records);

  // expiration.cpp
  // What a round of expiration found in its slice.
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
  // Expiration: when the next round begins, or where the one under way goes on.
  Instant next_expiration_ = Instant::max();
  std::optional<OffsetCommitKey> expire_cursor_;
  struct Purge {
    std::string topic;
    AppendId through;                  // what came later is of another topic of that name
    std::optional<std::string> after;  // the groups up to this one are done
  };
  std::deque<Purge> purges_;
};

// Roughly what a record takes, in memory and in the log.
std::size_t bytes_of(const StateRecord& record);

}  // namespace fulmar
