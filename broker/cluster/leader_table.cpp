#include "broker/cluster/leader_table.h"

#include <algorithm>
#include <limits>

namespace fulmar {

namespace {

constexpr std::int32_t shards_max = 1024;  // of one broker; bounds what a peer can make this broker store

}  // namespace

bool LeaderTable::learn(std::int32_t broker, std::uint64_t connection, const LeadersRequest& told, Instant as_of) {
  if (told.shard < 0 || told.shard >= shards_max) return true;
  Teller teller{broker, told.shard};
  auto known = sessions_.find(teller);
  bool begun = broker == self_ || (known != sessions_.end() && known->second.connection == connection);
  bool late = known != sessions_.end() && known->second.connection > connection;
  if (late) return false;
  if (!begun && !told.whole) return true;
  if (begun && known != sessions_.end()) as_of = std::max(as_of, known->second.said_at);
  sessions_[teller] = {connection, as_of, broker != self_ || (known != sessions_.end() && known->second.lapses)};
  if (told.whole)
    for (auto& [group, entry] : leaders_)
      if (entry.teller == teller) depose(entry.leader);
  for (const auto& said : told.leaders) {
    GroupId group{said.topic_id, said.partition};
    if (said.broker_id < 0) {
      auto found = leaders_.find(group);
      if (found == leaders_.end() || found->second.teller != teller || said.epoch < found->second.leader.epoch)
        continue;
      depose(found->second.leader);
      if (image_->topic(group.topic)) continue;
      leaders_.erase(found);
      at_rest_.erase(group);
      continue;
    }
    if (said.broker_id != broker) continue;  // brokers announce only their own leaderships
    auto& entry = leaders_[group];
    if (said.epoch < entry.leader.epoch) continue;
    entry.teller = teller;
    entry.leader = {said.broker_id, said.epoch, said.in_sync};
    for (const auto& voter : said.voters) entry.leader.voters.push_back({voter.broker_id, voter.directory_id});
    entry.leader.configuration = {said.configuration_term, said.configuration_version};
    if (said.voters.empty())
      at_rest_.erase(group);
    else
      at_rest_.insert(group);
  }
  return true;
}

void LeaderTable::renew(std::int32_t broker, std::uint64_t connection, std::int32_t shard, Instant as_of) {
  auto known = sessions_.find({broker, shard});
  if (known == sessions_.end() || known->second.connection != connection) return;
  known->second.said_at = std::max(known->second.said_at, as_of);
  known->second.lapses = true;
}

void LeaderTable::end(std::int32_t broker, std::uint64_t connection) {
  for (auto at = sessions_.lower_bound({broker, 0}); at != sessions_.end() && at->first.first == broker; ++at)
    if (at->second.connection == connection) at->second.over = true;
}

LeaderTable::Leader LeaderTable::leader(const GroupId& group, Instant now) const {
  auto found = leaders_.find(group);
  if (found == leaders_.end()) return {};
  auto leader = found->second.leader;
  if (leader.broker < 0) return leader;
  auto session = sessions_.find(found->second.teller);
  bool holds = session != sessions_.end() && !session->second.over &&
               (!session->second.lapses || now - session->second.said_at <= lease_);
  if (!holds) depose(leader);
  return leader;
}

void LeaderTable::follow(const MetadataDelta& delta) {
  for (const auto& topic : delta.topics) {
    if (!topic.deleted()) continue;
    auto first = leaders_.lower_bound({topic.before->id, std::numeric_limits<std::int32_t>::min()});
    while (first != leaders_.end() && first->first.topic == topic.before->id) {
      at_rest_.erase(first->first);
      first = leaders_.erase(first);
    }
  }
  image_ = delta.after;
}

}  // namespace fulmar
