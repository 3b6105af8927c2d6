// Leaderships: what a shard's replicas do as leaders for the cluster, beside leading: they tell every broker of it, and
// bring their groups to the voters that the metadata wants, and hand over to the replica that it prefers.
//
// They do that by themselves, each for its own: who leads knows best who follows closely, and nobody need be told. Each
// change is told once; that all of it still holds is said with the shard's pulses (see ReplicaManager::announce).
#pragma once

#include <map>
#include <optional>
#include <set>

#include "broker/cluster/metadata_image.h"
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
  // There is a new leadership, or a new image.
  void changed() {
    untold_.set();
    changed_.set();
  }
  // A replica here leads no more.
  void lost() {
    lost_untold_ = true;
    untold_.set();
  }
  // Tells what is new of whom this shard leads; every shard of this broker knows it when this returns.
  void tell();

 private:
  using Told = std::map<GroupId, LeadersRequest::Leader>;

  void keep_telling();
  void run();
  void follow_image();
  void balance();
  Told led_now() const;
  void log_changes();

  BrokerShard& shard_;
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
