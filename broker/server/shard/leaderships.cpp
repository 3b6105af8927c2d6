#include "broker/server/shard/leaderships.h"

#include <algorithm>

#include "broker/cluster/reassignment.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration look_interval = seconds(1);
constexpr std::size_t named_max = 5;  // if more leaderships change at once, only their number is logged
constexpr Duration silence_max = seconds(2);

// Whether the configuration is settled, and no change is wanted.
bool at_rest(const Raft& raft) {
  const auto& known = raft.configuration();
  return raft.established() && raft.configuration_settled() && !known.joint() && known.learners.empty() &&
         raft.target().empty();
}

// Close enough to take over at once: stricter than in sync.
bool follows_closely(const ReplicaId& id, const Raft& raft, Instant now) {
  const auto* progress = raft.progress(id);
  return id == raft.self() ||
         (progress && progress->heard_at() > now - silence_max && progress->match() >= raft.commit());
}

// Whether it follows closely, and its broker is neither stopping nor fenced.
bool is_fit(const ReplicaId& id, const Raft& raft, const MetadataImage& image, Instant now) {
  auto broker = image.brokers.find(id.broker);
  if (broker == image.brokers.end() || broker->second.directory != id.directory || !broker->second.may_lead())
    return false;
  return raft.configuration().is_voter(id) && follows_closely(id, raft, now);
}

// Whether it leads. A replica that its disk holds up hears nobody and gets no ticks: it doesn't notice that its quorum
// is silent, and that others have elected a leader.
bool leads(const Replica& replica, Instant now) {
  return replica.leads() && (replica.raft().quiesced() || replica.raft().quorum_heard(now));
}

// The group's preferred replica, if it is fit to lead.
std::optional<ReplicaId> preferred(const Replica& replica, const MetadataImage& image, Instant now) {
  const auto& group = replica.group();
  const auto* topic = image.topic(group.topic);
  if (!topic || group.partition >= topic->partition_count()) return std::nullopt;
  const auto& first = topic->partitions[static_cast<std::size_t>(group.partition)].replicas.front();
  if (!is_fit(first, replica.raft(), image, now)) return std::nullopt;
  return first;
}

}  // namespace

std::optional<ReplicaId> successor(const Replica& replica, const MetadataImage& image, Instant now) {
  const auto& raft = replica.raft();
  for (const auto& id : raft.configuration().voters)
    if (id != raft.self() && is_fit(id, raft, image, now)) return id;
  return std::nullopt;
}

void Leaderships::start() {
  shard_.replicas().vouches = [this] { return !lost_untold_; };
  shard_.replicas().on_vouch = [this] { shard_.renew_here(); };
  shard_.replicas().on_stops_leading = [this](const GroupId& group) { lost(group); };
  fibers_.spawn("tell leaders", [this] { keep_telling(); });
  if (!shard_.config().controllers.empty()) fibers_.spawn("lead", [this] { run(); });
}

void Leaderships::stop() {
  fibers_.cancel();
  fibers_.join();
}

// When there is news, and at intervals, since in-sync replicas change without notice.
void Leaderships::keep_telling() {
  auto& clock = shard_.host().clock();
  bool alone = shard_.config().controllers.empty();
  for (;;) {
    untold_.wait(alone && !unlogged_ ? Deadline::never() : clock.deadline_in(look_interval));
    tell();
    if (clock.now() >= log_at_) log_changes();
  }
}

void Leaderships::follow(const MetadataDelta& delta) {
  for (const auto& topic : delta.topics) {
    auto is_known = [&](const GroupId& group) { return led_.contains(group) || told_.contains(group); };
    if (topic.deleted())
      for (std::int32_t index = 0; index < topic.before->partition_count(); ++index)
        if (GroupId group{topic.before->id, index}; is_known(group)) look_at(group);
    if (topic.after)
      topic.each_partition([&](std::int32_t index) {
        if (GroupId group{topic.after->id, index}; is_known(group)) look_at(group);
      });
  }
  wake();
}

void Leaderships::tell() {
  LockGuard held(telling_);  // so that all shards receive announcements in the same order
  untold_.reset();
  auto clock_now = shard_.host().clock().now();
  auto groups = std::exchange(untold_groups_, {});
  if (clock_now - told_all_at_ >= look_interval) {
    told_all_at_ = clock_now;
    groups.insert(led_.begin(), led_.end());
  }
  auto as_of = shard_.replicas().leads_as_of();
  LeadersRequest changes{static_cast<std::int32_t>(shard_.host().shard()), false, -1, {}};
  std::vector<LeadersRequest::Leader> over;
  for (const auto& group : groups) {
    auto leader = told_now(group);
    auto before = told_.find(group);
    if (leader) {
      if (before != told_.end() && before->second == *leader) continue;
      changes.leaders.push_back(*leader);
      unlogged_ = unlogged_ || before == told_.end() || before->second.epoch != leader->epoch;
      told_.insert_or_assign(group, std::move(*leader));
    } else if (before != told_.end()) {
      FULMAR_MARK("leaderships: end of one told");
      over.push_back({group.topic, group.partition, -1, before->second.epoch, {}, {}, -1, -1});
      unlogged_ = true;
      told_.erase(before);
    }
  }
  changes.leaders.insert(changes.leaders.end(), over.begin(), over.end());
  std::set<ReplicaId> others;
  for (const auto& [id, broker] : shard_.image()->brokers)
    if (id != shard_.broker().self.broker) others.insert({id, broker.directory});
  lost_untold_ = false;
  if (!changes.leaders.empty() || others != told_to_) shard_.replicas().announce(others, changes.leaders);
  told_to_ = std::move(others);
  if (!changes.leaders.empty()) shard_.learn_everywhere({shard_.broker().self.broker, 0}, changes, as_of);
}

// Logs changes of leadership since the last time: each if they are few, else their number.
void Leaderships::log_changes() {
  if (!std::exchange(unlogged_, false)) return;
  log_at_ = shard_.host().clock().now() + look_interval;
  const auto image = shard_.image();
  using Changed = std::vector<std::pair<std::string, Epoch>>;
  auto say = [&](const char* what, const Changed& changed) {
    if (changed.size() > named_max) return shard_.log().info(what, {{"partitions", changed.size()}});
    for (const auto& [partition, epoch] : changed)
      shard_.log().info(what, {{"partition", partition}, {"epoch", epoch}});
  };
  auto note = [&](Changed& changed, const GroupId& group, Epoch epoch) {
    if (auto name = image->topic_name(group.topic); !name.empty())  // else the topic was deleted
      changed.emplace_back(name + "-" + std::to_string(group.partition), epoch);
  };
  Changed won;
  Changed over;
  std::map<GroupId, Epoch> now;
  for (const auto& [group, leader] : told_) {
    now.emplace_hint(now.end(), group, leader.epoch);
    auto before = logged_.find(group);
    if (before == logged_.end() || before->second != leader.epoch) note(won, group, leader.epoch);
  }
  for (const auto& [group, epoch] : logged_)
    if (!now.contains(group)) note(over, group, epoch);
  logged_ = std::move(now);
  say("leads", won);
  say("leads no more", over);
}

void Leaderships::run() {
  for (;;) {
    changed_.wait(shard_.host().clock().deadline_in(look_interval));
    changed_.reset();
    auto groups = std::exchange(unaligned_, {});
    if (auto now = shard_.host().clock().now(); now - aligned_all_at_ >= look_interval) {
      aligned_all_at_ = now;
      groups.insert(led_.begin(), led_.end());
    }
    align(groups);
    if (shard_.config().rebalance_leaders) balance();
  }
}

void Leaderships::align(const std::set<GroupId>& groups) {
  const auto image = shard_.image();
  for (const auto& group : groups) {
    const auto* topic = image->topic(group.topic);
    auto replica = shard_.replicas().find(group);
    if (!topic || group.partition >= topic->partition_count() || !replica || !replica->leads()) continue;
    auto wanted = replicas_wanted(topic->partitions[static_cast<std::size_t>(group.partition)]);
    std::sort(wanted.begin(), wanted.end());
    const auto& raft = replica->raft();
    if (raft.target() == wanted || (at_rest(raft) && raft.configuration().voters == wanted)) continue;
    FULMAR_MARK("leaderships: members to be changed");
    replica->set_target(std::move(wanted));
  }
}

bool Leaderships::hand_over() {
  bool any = false;
  auto image = shard_.image();
  auto replicas = shard_.replicas().replicas();  // copied: replicas may come and go during a wait
  for (const auto& [group, replica] : replicas) {
    if (group == MetadataLog::group() || !replica->leads()) continue;
    auto heir = successor(*replica, *image, shard_.host().clock().now());
    if (!heir) continue;
    FULMAR_MARK("leaderships: handed over before a stop");
    any = true;
    replica->transfer(*heir);
  }
  return any;
}

ErrorCode Leaderships::prefer(const GroupId& group) {
  auto replica = shard_.replicas().find(group);
  if (!replica || !replica->leads()) return ErrorCode::not_leader_or_follower;
  auto heir = preferred(*replica, *shard_.image(), shard_.host().clock().now());
  if (!heir) {
    FULMAR_MARK("leaderships: preferred replica not fit");
    return ErrorCode::preferred_leader_not_available;
  }
  replica->transfer(*heir);
  return ErrorCode::none;
}

// At intervals, and only to replicas that were fit at the last check too: one that has just come back may fail again.
void Leaderships::balance() {
  auto now = shard_.host().clock().now();
  if (now - balanced_at_ < shard_.config().rebalance_interval) return;
  balanced_at_ = now;
  std::set<GroupId> fit;
  for (const auto& group : led_) {
    auto replica = shard_.replicas().find(group);
    if (!replica || !replica->leads()) continue;
    auto heir = preferred(*replica, *shard_.image(), now);
    if (heir && *heir != replica->raft().self()) fit.insert(group);
  }
  auto before = std::exchange(fit_, fit);
  for (const auto& group : fit)
    if (before.contains(group)) prefer(group);
}

// The announcement of that group; none if no replica here leads it, or the metadata does not have it.
std::optional<LeadersRequest::Leader> Leaderships::told_now(const GroupId& group) const {
  const auto now = shard_.host().clock().now();
  const auto* topic = shard_.image()->topic(group.topic);
  auto replica = shard_.replicas().find(group);
  if (!topic || group.partition >= topic->partition_count() || !replica || !leads(*replica, now)) return std::nullopt;
  const auto& raft = replica->raft();
  LeadersRequest::Leader leader;
  leader.topic_id = group.topic;
  leader.partition = group.partition;
  leader.broker_id = shard_.broker().self.broker;
  leader.epoch = replica->leader_epoch();
  for (const auto& id : raft.in_sync(now)) leader.in_sync.push_back(id.broker);
  auto mark = raft.configuration_mark();
  const auto& partition = topic->partitions[static_cast<std::size_t>(group.partition)];
  if (at_rest(raft) && (partition.changing() || mark.version > partition.settled.version)) {
    for (const auto& id : raft.configuration().voters) leader.voters.push_back({id.broker, id.directory});
    leader.configuration_term = mark.term;
    leader.configuration_version = mark.version;
  }
  return leader;
}

}  // namespace fulmar
