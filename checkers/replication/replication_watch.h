// ReplicationWatch: holds every step of every replica against what Raft and the log promise (CHECKERS.md,
// "Replication"), while a life is going on. What it is told by the replicas it compares with each other and with what
// the disks really hold.
//
// Each check has its name and its conditions where it is made, in the .cpp files. Topics that chose the page cache
// promise what a group's log holds only up to the first power loss.
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
#include "checkers/replication/shadow_log.h"

namespace fulmar {

class ReplicationWatch : public ReplicaObserver {
 public:
  ReplicationWatch(const Machines& machines, std::function<Instant()> now);

  void opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) override;
  void appended(const GroupId& group, const ReplicaId& self, const BatchHeader& batch) override;
  void truncated(const GroupId& group, const ReplicaId& self, Offset offset) override;
  void started_over(const GroupId& group, const ReplicaId& self, Offset offset) override;
  void commits(const GroupId& group, Offset offset) override;
  void stepped(const ReplicaSight& sight) override;
  void sends(const GroupId& group, const Message& message) override;
  void heard(const GroupId& group, const Message& message, Epoch term) override;
  void removed(const GroupId& group, const ReplicaId& self) override;

  // A broker's process has ended: what it was is no more.
  void ended(std::int32_t broker);
  void power_lost() { power_lost_ = true; }
  // A broker's disk was damaged or emptied from outside: what it had promised may be gone.
  void damaged(std::int32_t broker);

  // -- While some brokers are left alone (calm.cpp).
  // They have been for a while, and will be until calm_ends(): of how many groups a majority is among them, led by one
  // of them. Without `commits_at_once` a follower may be held up on purpose.
  std::size_t calm_begins(const std::set<std::int32_t>& well, bool commits_at_once);
  void calm_ends();
  // Why it can't be true, or have been a moment before somebody asked, that the broker leads in that epoch; empty if it
  // can.
  std::string doubt_claim(const GroupId& id, std::int32_t broker, Epoch epoch, Instant asked) const;
  // Why a replica on that broker can't be, or have been a moment before somebody asked, in sync with the leader of that
  // epoch, where one falls out of sync that for so long has not had all that the leader had (replica.lag.time.max.ms).
  // `fenced_since`: since when whoever says so has known its broker to be fenced, if it is.
  std::string doubt_in_sync(const GroupId& id, std::int32_t broker, Epoch epoch, Duration lag_max, Instant asked,
                            std::optional<Instant> fenced_since) const;
  // Why a consumer can't have been given that record by now; empty if it can.
  std::string doubt_read(const GroupId& id, Offset offset) const;

  // -- Deletions (deletions.cpp).
  // A client that asked then was just now told that the log of this group begins at `start`.
  void deletion_acknowledged(const GroupId& id, Offset start, Instant asked);
  // Why a follower on that broker can't have told somebody who asked then that the log begins so early; empty if it
  // can.
  std::string doubt_start(const GroupId& id, std::int32_t broker, Offset told, Instant asked) const;

  // The groups that have no leader among these brokers, and those whose replicas there differ; for people.
  std::vector<std::string> leaderless(const std::set<std::int32_t>& core) const;
  std::vector<std::string> differing(const std::set<std::int32_t>& core) const;

  const Violations& violations() const { return violations_; }

 private:
  // Since when a leader has been answered by a follower again and again.
  struct Touch {
    Epoch term = -1;
    Instant since;
    Instant last;
  };
  struct Replica {
    ReplicaSight sight;
    ShadowLog log;
    bool open = false;
    Epoch term_told = -1;                          // the highest in which it has said anything
    Offset durable = 0;                            // what others were told, or counted on, to be on its disk
    bool disk_hurt = false;                        // from outside
    Offset told_match = 0;                         // up to where it has told others that it keeps the log
    Instant led_until;                             // when it was seen to lead no more
    Instant opened_at;                             // in its broker's present life, if it is open
    Instant closed_at;                             // if it is not
    Offset match_max = 0;                          // the most that told_match ever was
    std::vector<std::pair<Instant, Offset>> ends;  // of its log, as it grew
    ConfigurationMark mark_told;                   // of the latest configuration that it has said to keep
    // What it had told so, and has lost by damage that it knows of. It counts as kept: its replica can neither vote nor
    // make a quorum before it was given all of that again, so that nobody is elected who lacks it.
    ShadowLog lost;
    Touch touch;
    std::vector<std::pair<Offset, Instant>>
        owed;  // the starts it may tell no lower ones than, and since when; ascending
  };
  struct Committed {
    ShadowBatch batch;
    Epoch term;  // of the leader that committed it; later ones have it
  };
  struct Deletion {
    Offset start;
    Instant acknowledged;
    Epoch term;  // leaders of this one, and later ones, know of it
  };
  struct Group {
    std::map<ReplicaId, Replica> replicas;
    // What those had told others to keep that were removed since, as after their topic's deletion: a leader that has
    // not heard of that yet counts on it.
    std::map<ReplicaId, ShadowLog> removed;
    std::vector<Deletion> deletions;  // that were acknowledged
    std::map<Epoch, ReplicaId> leaders;
    std::optional<Instant> born;  // when the first of its replicas was opened
    std::map<Epoch, Instant> led_since;
    std::uint64_t transfers = 0;              // how often a leader has had another stand for election
    std::optional<Instant> handed_over;       // when one did so last
    std::map<Epoch, Configuration> in_force;  // as the term's leader saw it last
    std::map<std::pair<Epoch, ReplicaId>, ReplicaId> votes;
    std::map<Offset, Committed> committed;  // by base offset
    // The latest configuration, of which a leader has taken it that none before decides anything any more; and in
    // which term.
    ConfigurationMark settled;
    Epoch settled_in = -1;
    Offset commit_max = 0;  // up to where any of them has ever taken it for committed
    // By base offset and epoch: what is there, and the epoch of the batch before it (-2: not known).
    std::map<std::pair<Offset, Epoch>, std::pair<ShadowBatch, Epoch>> known;
  };

  // A group that had a leader among those who were left alone, when that began.
  struct Led {
    ReplicaId leader;
    Epoch term;
    std::uint64_t transfers;
    Configuration configuration;
    std::deque<std::pair<Offset, Instant>> waiting;  // up to where it has appended, and when: not committed yet
  };

  // A group as it is now, held against who is left alone.
  struct CalmLook {
    const ReplicaSight* sight =
        nullptr;  // its leader's; else of who has the latest configuration; null: nothing to say
    bool leads = false;
    bool has_majority = false;  // of those who are left alone and can take part; and the voters are not changing
    bool elects = false;        // a leader is lost that may be lost, so short a time ago that there may be none yet
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
  void check_dense(const Replica& replica, const BatchHeader& header);
  bool is_of_term(const Group& group, const ReplicaId& id, const ReplicaSight& leader);
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
  std::map<GroupId, Instant> calm_electing_;  // had none when it began, and may have had none; and none since
  bool calm_commits_ = false;
  Violations violations_;
};

// Whether `yes` holds for a majority of the voters; of both sets if there are two. The checkers count for themselves.
bool is_quorum(const Configuration& configuration, const std::function<bool(const ReplicaId&)>& yes);

}  // namespace fulmar
