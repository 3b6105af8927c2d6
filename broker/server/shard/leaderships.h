// Leaderships: what a shard's replicas do as leaders for the cluster, beside leading: they tell every broker of it, and
// bring their groups to the voters that the metadata wants, and hand over to the replica that it prefers.
//
// They do that by themselves, each for its own: who leads knows best who follows closely, and nobody need be told. Each
// change is told once; that all of it still holds is said with the shard's pulses (see ReplicaManager::announce). Only
// groups of which something is new are looked at, and once a second all that are led here.
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

// A voter that may lead in the leader's stead: it follows closely, and its broker neither stops nor is fenced.
std::optional<ReplicaId> successor(const Replica& replica, const MetadataImage& image, Instant now);

class Leaderships {
 public:
  explicit Leaderships(BrokerShard& shard) : shard_(shard) {}

  // From now on, until stop(). A broker that is alone tells its own shards only.
  void start();
  void stop();
  // Has others lead what this shard's replicas lead, where any are fit to. Returns at once; whether there is still
  // something to hand over.
  bool hand_over();
  // Has the partition's preferred replica lead, if it is fit to; as PreferLeaders answers.
  ErrorCode prefer(const GroupId& group);
  // The group's replica here leads, in a new epoch.
  void won(const GroupId& group) {
    led_.insert(group);
    look_at(group);
    wake();
  }
  // It leads no more.
  void lost(const GroupId& group) {
    led_.erase(group);
    untold_groups_.insert(group);
    lost_untold_ = true;
    untold_.set();
  }
  // There is no replica of it here any more. Told by the image that says so, once that is shown.
  void forget(const GroupId& group) { led_.erase(group); }
  // There is a new image.
  void follow(const MetadataDelta& delta);
  // Tells what is new of whom this shard leads; every shard of this broker knows it when this returns.
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
  std::set<GroupId> untold_groups_;  // of which there may be something to tell
  std::set<GroupId> unaligned_;      // whose replicas may not be those that the metadata wants
  Instant told_all_at_;
  Instant aligned_all_at_;
  Told told_;
  std::set<ReplicaId> told_to_;
  bool lost_untold_ = false;
  std::map<GroupId, Epoch> logged_;  // as told, when that was logged last
  bool unlogged_ = false;
  Instant log_at_;
  Event untold_;
  Mutex telling_;
  Instant balanced_at_;
  std::set<GroupId> fit_;  // whose preferred replica was fit to lead at the last look
  Event changed_;
  FiberGroup fibers_;
};

}  // namespace fulmar
