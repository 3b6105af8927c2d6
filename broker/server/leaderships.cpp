#include "broker/server/leaderships.h"

#include <algorithm>

#include "broker/cluster/reassignment.h"
#include "broker/server/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration announce_interval = seconds(1);
constexpr Duration in_sync_silence_max = seconds(2);

// The voters of a group that neither changes nor is about to.
bool at_rest(const Raft& raft) {
  const auto& known = raft.configuration();
  return raft.established() && raft.configuration_committed() && !known.joint() && known.learners.empty() &&
         raft.target().empty();
}

std::vector<ReplicaId> in_sync(const Raft& raft, Instant now) {
  std::vector<ReplicaId> list;
  for (const auto& id : raft.configuration().all_voters()) {
    const auto* progress = raft.progress(id);
    bool follows = progress && progress->heard_at() > now - in_sync_silence_max && progress->match() >= raft.commit();
    if (id == raft.self() || follows) list.push_back(id);
  }
  return list;
}

}  // namespace

std::optional<ReplicaId> successor(const Replica& replica, const MetadataImage& image, Instant now) {
  const auto& raft = replica.raft();
  for (const auto& id : in_sync(raft, now)) {
    auto broker = image.brokers.find(id.broker);
    bool fit = broker != image.brokers.end() && broker->second.directory == id.directory && broker->second.may_lead();
    if (fit && id != raft.self() && raft.configuration().is_voter(id)) return id;
  }
  return std::nullopt;
}

void Leaderships::start() {
  fibers_.spawn("lead", [this] { run(); });
}

void Leaderships::stop() {
  fibers_.cancel();
  fibers_.join();
}

// At once when there is something new, and from time to time, as who is in sync changes without a word.
void Leaderships::run() {
  for (;;) {
    changed_.wait(shard_.host().clock().deadline_in(announce_interval));
    changed_.reset();
    follow_image();
    auto leaders = told();
    if (leaders.leaders.empty()) continue;
    shard_.learn_everywhere(leaders);
    for (const auto& [id, broker] : shard_.image()->brokers)
      if (id != shard_.broker().self.broker) shard_.replicas().announce({id, broker.directory}, leaders);
  }
}

void Leaderships::follow_image() {
  auto image = shard_.image();
  for (const auto& [name, topic] : image->topics) {
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      auto replica = shard_.replicas().find({topic.id, index});
      if (!replica || !replica->leads()) continue;
      auto wanted = replicas_wanted(topic.partitions[static_cast<std::size_t>(index)]);
      std::sort(wanted.begin(), wanted.end());
      const auto& raft = replica->raft();
      if (raft.target() == wanted || (at_rest(raft) && raft.configuration().voters == wanted)) continue;
      replica->set_target(std::move(wanted));
    }
  }
}

bool Leaderships::hand_over() {
  bool any = false;
  auto image = shard_.image();
  auto replicas = shard_.replicas().replicas();  // they come and go while one of them waits
  for (const auto& [group, replica] : replicas) {
    if (group == MetadataLog::group() || !replica->leads()) continue;
    auto heir = successor(*replica, *image, shard_.host().clock().now());
    if (!heir) continue;
    any = true;
    replica->transfer(*heir);
  }
  return any;
}

LeadersRequest Leaderships::told() const {
  LeadersRequest request;
  const auto& image = *shard_.image();
  for (const auto& [name, topic] : image.topics) {
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      auto replica = shard_.replicas().find({topic.id, index});
      if (!replica || !replica->leads() || replica->raft().hard_state().solo) continue;
      const auto& raft = replica->raft();
      LeadersRequest::Leader leader;
      leader.topic_id = topic.id;
      leader.partition = index;
      leader.broker_id = shard_.broker().self.broker;
      leader.epoch = replica->leader_epoch();
      for (const auto& id : in_sync(raft, shard_.host().clock().now())) leader.in_sync.push_back(id.broker);
      auto mark = raft.configuration_mark();
      const auto& partition = topic.partitions[static_cast<std::size_t>(index)];
      if (at_rest(raft) && (partition.changing() || mark > partition.settled)) {
        for (const auto& id : raft.configuration().voters) leader.voters.push_back({id.broker, id.directory});
        leader.configuration_epoch = mark.epoch;
        leader.configuration_offset = mark.offset;
      }
      request.leaders.push_back(std::move(leader));
    }
  }
  return request;
}

}  // namespace fulmar
