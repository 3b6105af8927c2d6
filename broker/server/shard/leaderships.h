// Leaderships: what a shard's leaders do for the cluster: they announce themselves to every broker, change their
// groups' voters to those in the metadata, and transfer leadership to preferred replicas.
//
// There is no central planner: a leader knows best which followers are close. Each change is announced once; the
// shard's pulses renew everything (see ReplicaManager::announce). Only groups with changes are checked, and once a
// second all that are led here.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "broker/cluster/metadata_delta.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/replica.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

class BrokerShard;

// A voter that can take over from the leader: it follows closely, and its broker is neither stopping nor fenced.
std::optional<ReplicaId> successor(const Replica& replica, const MetadataImage& image, Instant now);

class Leaderships {
 public:
  explicit Leaderships(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). A broker without a cluster announces to its own shards only.
  void start();
  void stop();
  // Transfers this shard's leaderships to replicas that are fit. Returns at once, with whether any leaderships can
  // still be transferred.
  bool hand_over();
  // Transfers leadership to the preferred replica, if it is fit; returns the error for PreferLeaders.
  ErrorCode prefer(const GroupId& group);
  // The group's replica here has become leader in a new epoch.
  void won(const GroupId& group) {
    led_.insert(group);
    look_at(group);
    wake();
  }
  // It does not lead any more.
  void lost(const GroupId& group) {
    led_.erase(group);
    untold_groups_.insert(group);
    lost_untold_ = true;
    untold_.set();
  }
  // The group has no replica here any more. Called once the image that says so is shown.
  void forget(const GroupId& group) { led_.erase(group); }
  // For a new image.
  void follow(const MetadataDelta& delta);
  // Announces changes; every shard of this broker has them when this returns.
  void tell();

 private:
  using Told = std::map<GroupId, LeadersRequest::Leader>;

  void keep_telling();
  void run();
  void align(const std::set<GroupId>& groups);
  void balance();
  std::optional<LeadersRequest::Leader> told_now(const GroupId& group) const;
  void look_at(const GroupId& group) {
    untold_groups_.insert(group);
    unaligned_.insert(group);
  }
  void wake() {
    untold_.set();
    changed_.set();
  }
  void log_changes();

  BrokerShard& shard_;
  std::set<GroupId> led_;            // by replicas here
  std::set<GroupId> untold_groups_;  // which may have changes to announce
  std::set<GroupId> unaligned_;      // whose voters may differ from the metadata
  Instant told_all_at_;
  Instant aligned_all_at_;
  Told told_;
  std::set<ReplicaId> told_to_;
  bool lost_untold_ = false;
  std::map<GroupId, Epoch> logged_;  // as logged last
  bool unlogged_ = false;
  Instant log_at_;
  Event untold_;
  Mutex telling_;
  Instant balanced_at_;
  std::set<GroupId> fit_;  // whose preferred replica was fit at the last check
  Event changed_;
  FiberGroup fibers_;
};

}  // namespace fulmar
