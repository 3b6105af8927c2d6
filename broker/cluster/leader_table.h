// LeaderTable: who leads which group, as the leaders themselves have told; a copy on every shard of every broker. The
// later epoch counts.
#pragma once

#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/messages/peer.h"
#include "broker/raft/types.h"
#include "broker/replication/group_id.h"

namespace fulmar {

class LeaderTable {
 public:
  struct Leader {
    std::int32_t broker = -1;
    std::int32_t epoch = -1;
    std::vector<std::int32_t> in_sync;
    // Of a group at rest, as long as the metadata says otherwise; then where that configuration stands.
    std::vector<ReplicaId> voters = {};
    ConfigurationMark configuration = {};
  };

  void learn(const LeadersRequest& told) {
    for (const auto& leader : told.leaders) {
      auto& known = leaders_[{leader.topic_id, leader.partition}].leader;
      if (leader.epoch < known.epoch) continue;
      known = {leader.broker_id, leader.epoch, leader.in_sync};
      for (const auto& voter : leader.voters) known.voters.push_back({voter.broker_id, voter.directory_id});
      known.configuration = {leader.configuration_epoch, leader.configuration_offset};
    }
  }
  // Null: nobody has told yet.
  const Leader* find(const GroupId& group) const {
    auto found = leaders_.find(group);
    return found == leaders_.end() ? nullptr : &found->second.leader;
  }
  // Forgets the leaders of topics that are gone. One of which no image knew yet may be new: it is kept once.
  void follow(const MetadataImage& image) {
    std::set<Uuid> there;
    for (const auto& [name, topic] : image.topics) there.insert(topic.id);
    for (auto entry = leaders_.begin(); entry != leaders_.end();) {
      bool seen = std::exchange(entry->second.seen_by_an_image, true);
      entry = seen && !there.contains(entry->first.topic) ? leaders_.erase(entry) : std::next(entry);
    }
  }

 private:
  struct Entry {
    Leader leader;
    bool seen_by_an_image = false;
  };
  std::map<GroupId, Entry> leaders_;
};

}  // namespace fulmar
