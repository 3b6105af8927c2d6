// LeaderTable: who leads which group, as the leaders themselves have told; a copy on every shard of every broker. The
// later epoch counts.
#pragma once

#include <map>
#include <vector>

#include "broker/protocol/messages/peer.h"
#include "broker/replication/group_id.h"

namespace fulmar {

class LeaderTable {
 public:
  struct Leader {
    std::int32_t broker = -1;
    std::int32_t epoch = -1;
    std::vector<std::int32_t> in_sync;
  };

  void learn(const LeadersRequest& told) {
    for (const auto& leader : told.leaders) {
      auto& known = leaders_[{leader.topic_id, leader.partition}];
      if (leader.epoch >= known.epoch) known = {leader.broker_id, leader.epoch, leader.in_sync};
    }
  }
  // Null: nobody has told yet.
  const Leader* find(const GroupId& group) const {
    auto found = leaders_.find(group);
    return found == leaders_.end() ? nullptr : &found->second;
  }

 private:
  std::map<GroupId, Leader> leaders_;
};

}  // namespace fulmar
