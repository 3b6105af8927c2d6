// ReplicationWatch: checks every step of every replica against the guarantees of Raft and of the log, during a life. It
// compares what the replicas report with each other and with what is on their simulated disks.
//
// The .cpp files have the name and conditions of each check. For page-cache topics, checks of what a log contains apply
// only until the first power loss.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/replication/replica_observer.h"
#include "checkers/history.h"
#include "checkers/replication/disk_promises.h"
#include "checkers/replication/removals.h"
#include "checkers/replication/shadow_log.h"

namespace fulmar {

class ReplicationWatch : public ReplicaObserver {
 public:
  ReplicationWatch(const Machines& machines, std::function<Instant()> now);

  void opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) override;
  void appended(const GroupId& group, const ReplicaId& self, const BatchHeader& batch) override;
  void rewriting(const GroupId& group, const ReplicaId& self, Offset base, Offset end,
                 const std::vector<RewrittenBatch>& batches) override;
  void truncated(const GroupId& group, const ReplicaId& self, Offset offset) override;
  void started_over(const GroupId& group, const ReplicaId& self, Offset offset) override;
  void commits(const GroupId& group, Offset offset) override;
  void stepped(const ReplicaSight& sight) override;
  void broke(const GroupId& group, const ReplicaId& self, std::string_view invariant) override;
  void sends(const GroupId& group, const Message& message) override;
  void heard(const GroupId& group, const Message& message, Epoch term) override;
  void removed(const GroupId& group, const ReplicaId& self) override;

  // A broker's process has ended: its replicas are closed.
  void ended(std::int32_t broker);
  void power_lost() { power_lost_ = true; }
  // A fault damaged or emptied a broker's disk: terms, votes and batches that it had stored may be lost.
  void damaged(std::int32_t broker);

  // -- During a calm (calm.cpp).
  // The brokers `well` have had no faults for a while, and will have none until calm_ends(). Returns for how many
  // groups they are a majority with the leader among them. Without `commits_at_once`, followers may be throttled.
  std::size_t calm_begins(const std::set<std::int32_t>& well, bool commits_at_once);
  void calm_ends();
  // Why it can't be true, now or shortly before `asked`, that the broker leads in that epoch; empty if it can.
  std::string doubt_claim(const GroupId& id, std::int32_t broker, Epoch epoch, Instant asked) const;
  // Why a replica on that broker can't be in sync with the leader of that epoch, now or shortly before `asked`; empty
  // if it can. `lag_max`: replica.lag.time.max.ms. `fenced_since`: since when the broker that claims it has known the
  // replica's broker to be fenced, if it is.
  std::string doubt_in_sync(const GroupId& id, std::int32_t broker, Epoch epoch, Duration lag_max, Instant asked,
                            std::optional<Instant> fenced_since) const;
  // Why the record can't have been read yet; empty if it can.
  std::string doubt_read(const GroupId& id, Offset offset) const;

  // -- Deletions (deletions.cpp).
  // A client's deletion, requested at `asked`, was acknowledged just now: the group's log begins at `start`.
  void deletion_acknowledged(const GroupId& id, Offset start, Instant asked);
  // Why a follower on that broker may not answer a request of `asked` with a log start as low as `told`; empty if it
  // may.
  std::string doubt_start(const GroupId& id, std::int32_t broker, Offset told, Instant asked) const;

  // The groups that have no leader among the replicas that count; those of which no voter counts are left out.
  using Counts = std::function<bool(const GroupId& group, std::int32_t broker)>;
  std::vector<GroupId> leaderless(const Counts& counts) const;
  // The groups whose replicas on these brokers differ; as text.
  std::vector<std::string> differing(const std::set<std::int32_t>& core) const;
  // The commit index of each group, as its open replicas know it.
  std::map<GroupId, Offset> committed() const;
  // The groups that have no leader among these brokers, or whose voters there do not all have these offsets.
  std::vector<std::string> behind(const std::set<std::int32_t>& core, const std::map<GroupId, Offset>& offsets) const;

  const Violations& violations() const { return violations_; }

 private:
  // Since when a follower has continually answered a leader.
  struct Touch {
    Epoch term = -1;
    Instant since;
    Instant last;
  };
  struct Replica {
    ReplicaSight sight;
    ShadowLog log;
    bool open = false;
    Epoch term_told = -1;                       // the highest term of its messages
    bool begins_anew = false;                   // its log is being started over, and it does not vote
    std::optional<Offset> commit_lowered_from;  // by its last step; its log has to be started over before the next
    Offset durable = 0;                         // others were told, or rely on it, that everything below is on its disk
    bool disk_hurt = false;                     // damaged or emptied by a fault
    Offset told_match = 0;                      // the highest match that it has acknowledged
    Instant led_until;                          // when it stopped leading
    Instant opened_at;                          // in its broker's present run, if it is open
    Instant closed_at;                          // if it is not
    Offset match_max = 0;                       // the maximum of told_match so far
    std::vector<std::pair<Instant, Offset>> ends;  // of its log, as it grew
    ConfigurationMark mark_told;                   // of the latest configuration that it has said to have stored
    // Data that it had acknowledged, and lost by damage that it knows of. It counts as stored: the replica neither
    // votes nor counts for a quorum until it has everything again, so no leader without the data is elected.
    ShadowLog lost;
    Touch touch;
    std::vector<std::pair<Offset, Instant>>
        owed;  // log starts below which it may not answer, and since when; ascending
  };
  struct Committed {
    ShadowBatch batch;
    Epoch term;  // of the leader that committed it; leaders of later terms must have it
  };
  struct Deletion {
    Offset start;
    Instant acknowledged;
    Epoch term;  // leaders of this term and of later ones know of it
  };
  struct Group {
    std::map<ReplicaId, Replica> replicas;
    // The logs that removed replicas had acknowledged: a leader that does not know of the removal yet counts them.
    std::map<ReplicaId, ShadowLog> removed;
    std::vector<Deletion> deletions;  // acknowledged ones
    Removals removals;
    std::map<Epoch, ReplicaId> leaders;
    std::optional<Instant> born;  // when the first of its replicas was opened
    std::map<Epoch, Instant> led_since;
    std::uint64_t transfers = 0;              // how many leadership transfers there were
    std::optional<Instant> handed_over;       // when the last one was
    std::map<Epoch, Configuration> in_force;  // as the term's leader saw it last
    std::map<std::pair<Epoch, ReplicaId>, ReplicaId> votes;
    std::map<Offset, Committed> committed;  // by base offset
    // The latest configuration that a leader considered settled, and the leader's term.
    ConfigurationMark settled;
    Epoch settled_in = -1;
    Offset commit_max = 0;  // the highest commit index that any replica has had
    // By base offset and epoch: the batch, and the epoch of the batch before it (-2: unknown).
    std::map<std::pair<Offset, Epoch>, std::pair<ShadowBatch, Epoch>> known;
  };

  // A group that had a leader among the calm brokers when the calm began.
  struct Led {
    ReplicaId leader;
    Epoch term;
    std::uint64_t transfers;
    Configuration configuration;
    std::deque<std::pair<Offset, Instant>> waiting;  // ends of its uncommitted appends, and when they were appended
  };

  // A group's present state with regard to the calm brokers.
  struct CalmLook {
    const ReplicaSight* sight =
        nullptr;  // the leader's, else that of the replica with the latest configuration; null: none
    bool leads = false;
    bool has_majority = false;  // the calm replicas that can vote are a majority, and the voters are not changing
    bool elects = false;        // it lost its leader for a permitted reason, and has had little time to elect another
    Epoch highest_term = -1;
  };

  // calm.cpp
  CalmLook calm_look(const Group& group) const;
  void calm_leaderless(const ReplicaSight& sight);
  void calm_append(const GroupId& id, const ReplicaId& self, Offset next);
  void calm_step(const ReplicaSight& sight);
  void calm_late(const Led& led, const ReplicaSight& sight, const std::pair<Offset, Instant>& append);
  bool calm_holds(const Led& led, const GroupId& id) const;

  // elections.cpp
  void check_leader(Group& group, const Replica& replica);
  void check_promises(Group& group, Replica& replica, const Message& message);
  void check_configuration(Group& group, const ReplicaSight& sight);
  void check_kept_configuration(Replica& replica, const Message& message);

  // deletions.cpp
  void note_touch(Group& group, const Message& message);
  void owe(Replica& replica, Offset start);

  // commits.cpp
  void check_commit(Group& group, Replica& replica, const ReplicaSight& before);
  void check_quorum(Group& group, Replica& leader, const ShadowBatch& last, const Configuration& before);
  void check_match(Group& group, const Replica& replica, const ShadowBatch& batch);
  void check_dense(const Group& group, const Replica& replica, const BatchHeader& header);
  void check_stable(Replica& replica);
  void check_fenced(const Replica& replica, const ShadowBatch& batch);
  bool is_of_term(const Group& group, const ReplicaId& id, const ReplicaSight& leader);
  void relies_on_leader(Group& group, Replica& leader, const ShadowBatch& last);
  bool holds(Group& group, const ReplicaId& id, const ShadowBatch& batch, bool synced);

  bool binding(const ReplicaSight& sight) const { return sight.synced || !power_lost_; }
  void report(const char* property, const char* anomaly, const ReplicaSight& sight, const std::string& what);

  const Machines& machines_;
  std::function<Instant()> now_;
  std::map<GroupId, Group> groups_;
  DiskPromises promises_;
  bool power_lost_ = false;
  std::set<std::int32_t> calm_well_;
  std::map<GroupId, Led> calm_;
  std::map<GroupId, Instant> calm_electing_;  // without a leader since the calm began, for a permitted reason
  bool calm_commits_ = false;
  Violations violations_;
};

// Whether `yes` holds for a majority of the voters, of both sets if joint. The checkers do not use the core's own code.
bool is_quorum(const Configuration& configuration, const std::function<bool(const ReplicaId&)>& yes);

}  // namespace fulmar
