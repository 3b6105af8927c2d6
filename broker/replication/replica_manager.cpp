#include "broker/replication/replica_manager.h"

#include "broker/replication/retention_rounds.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr int ticks_per_heartbeat = 4;  // as the core requires
// Answers to pulses wait for up to a heartbeat interval if an election timeout has at least so many: a leader hears its
// followers soon enough even if one pulse is lost.
constexpr int answers_wait_min = 5;
constexpr std::size_t links_max = 4096;  // brokers, and the directories they have had
constexpr Duration listening_time = milliseconds(2);
constexpr Duration room_wait_max = milliseconds(100);
constexpr Duration lose_peer_work = nanoseconds(100);  // for each replica

}  // namespace

ReplicaManager::ReplicaManager(Host& host, const Peers& peers, RaftSettings raft, ReplicaObserver* observer,
                               std::optional<std::int64_t> throttled_rate)
    : host_(host),
      peers_(peers),
      raft_(raft),
      observer_(observer),
      log_(host.log().named("replica")),
      tick_interval_(raft.heartbeat_interval / ticks_per_heartbeat),
      inboxes_(host.clock(), [this](const GroupMessage& said) {
        if (auto replica = find(said.group)) replica->receive(said.message, said.batches);
      }) {
  if (throttled_rate) begin_throttling(*throttled_rate);
}

void ReplicaManager::begin_throttling(std::int64_t bytes_per_second) {
  throttled_rate_ = bytes_per_second;
  if (catch_up_feeder_) return catch_up_feeder_->set_rate(bytes_per_second);
  auto feed = [this](const GroupId& group, const ReplicaId& peer) {
    auto replica = find(group);
    return replica ? replica->feed_throttled(peer) : 0;
  };
  auto link_has_room = [this](const ReplicaId& peer) { return link_to(peer).has_room(); };
  catch_up_feeder_ =
      std::make_unique<CatchUpFeeder>(host_, bytes_per_second, CatchUpFeeder::Surroundings{feed, link_has_room});
  if (context_) fibers_.spawn("feed catching up", [this] { catch_up_feeder_->run(); });
}

void ReplicaManager::set_throttled_rate(std::optional<std::int64_t> bytes_per_second) {
  if (bytes_per_second == throttled_rate_) return;
  if (bytes_per_second)
    begin_throttling(*bytes_per_second);
  else
    throttled_rate_ = std::nullopt;
  for (auto& [group, replica] : replicas_) replica->set_throttling(throttled_rate_.has_value());
  // The leaders' ticks register followers that wait for one way of sending with the other.
  for (auto& [group, replica] : replicas_)
    if (replica->leads()) ticks_.tick(replica);
}

ReplicaManager::~ReplicaManager() = default;

Result<void> ReplicaManager::open(std::uint64_t life, HardStates states, bool incomplete) {
  FULMAR_TRY(states_, HardStateStore::begin(host_, life, std::move(states), incomplete));
  liveness_.emplace(static_cast<std::int32_t>(host_.shard()), life);
  context_.emplace(ReplicaContext{.host = host_,
                                  .states = *states_,
                                  .messenger = this,
                                  .observer = observer_,
                                  .liveness = &*liveness_,
                                  .peers = &peers_});
  if (catch_up_feeder_) fibers_.spawn("feed catching up", [this] { catch_up_feeder_->run(); });
  return {};
}

std::shared_ptr<Replica> ReplicaManager::find(const GroupId& group) const {
  auto found = replicas_.find(group);
  return found == replicas_.end() ? nullptr : found->second;
}

void ReplicaManager::knows_groups(const std::vector<GroupId>& groups) {
  if (!wants_groups()) return;
  unknown_.emplace();
  for (const auto& group : groups)
    if (!states_->find(group) && !replicas_.contains(group)) unknown_->insert(group);
  if (unknown_->empty()) states_->is_complete();
}

bool ReplicaManager::may_have_promised(const GroupId& group) const {
  return states_->incomplete() && (!unknown_ || unknown_->contains(group));
}

// What had to be stored of the group is in the store by now.
void ReplicaManager::is_known(const GroupId& group) {
  if (unknown_ && unknown_->erase(group) > 0 && unknown_->empty()) states_->is_complete();
}

Epoch ReplicaManager::epoch_max(const GroupId& group) const {
  const auto* known = states_->find(group);
  return known && !known->solo ? known->term : std::numeric_limits<Epoch>::max();
}

std::shared_ptr<Replica> ReplicaManager::add(const GroupId& group, std::shared_ptr<PartitionLog> log, HardState fresh,
                                             const std::optional<RaftSettings>& raft) {
  FULMAR_ASSERT(!replicas_.contains(group));
  const auto* known = states_->find(group);
  // By the metadata it is the only replica: no other could send it what it has lost.
  bool alone = fresh.configuration.configuration.members() == std::vector{peers_.self};
  if (known && alone && has_lost_promises(group)) {
    FULMAR_MARK("replication: only replica goes on without its promises");
    log_.warn("the only replica goes on, though its promises are lost", {{"group", to_string(group)}});
    fresh.solo = false;
    fresh.term = known->term;
    fresh.vote = known->vote;
  } else if (known) {
    fresh = *known;
  } else if (!fresh.solo && !alone && (log->log_end() > 0 || may_have_promised(group))) {
    FULMAR_MARK("replication: log without a hard state");
    fresh.damage = lost_promises(host_.entropy().next());  // a log without a hard state
    note(group, fresh);
  }
  if (log->lost_synced()) {
    FULMAR_MARK("replication: log has lost what was synced");
    note_damage(group, *log, fresh);
  }
  is_known(group);
  auto settings = raft.value_or(raft_);
  settings.commits_are_stable = log->config().acknowledges_synced();
  auto replica =
      std::make_shared<Replica>(*context_, group, peers_.self, settings, std::move(log), std::move(fresh), 0);
  replica->set_throttling(throttled_rate_.has_value());
  replicas_.emplace(group, replica);
  tick_interval_ = std::min(tick_interval_, settings.heartbeat_interval / ticks_per_heartbeat);
  if (auto started = replica->start(); !started)
    log_.error("replica can't take part", {{"reason", to_string(started.error())}});
  if (!replica->raft().hard_state().solo) woke(*replica);
  return replica;
}

// Stores the state, so that the next life knows it; false if that is not possible yet.
bool ReplicaManager::note(const GroupId& group, const HardState& state) {
  auto noted = states_->put(group, state);
  if (!noted) log_.warn("damage not noted yet", {{"group", to_string(group)}, {"reason", to_string(noted.error())}});
  return noted.has_value();
}

// The log's note of its damage is removed only once the state that says so is on stable storage.
void ReplicaManager::note_damage(const GroupId& group, PartitionLog& log, HardState& state) {
  state.damage = new_damage(&state);
  if (!note(group, state)) return;
  if (auto noted = log.loss_is_noted(); !noted)
    log_.warn("damage not noted yet", {{"group", to_string(group)}, {"reason", to_string(noted.error())}});
}

void ReplicaManager::close(const GroupId& group) {
  auto replica = find(group);
  if (!replica) return;
  // A fiber may be in the middle of a call to its log: if this fiber ends first, the replica must outlive it.
  auto kept = closing_.insert(closing_.end(), replica);
  forget(group);
  replica->stop();
  closing_.erase(kept);
}

void ReplicaManager::forget(const GroupId& group) {
  replicas_.erase(group);
  ticks_.remove(group);
}

bool ReplicaManager::is_only_voter(const GroupId& group) const {
  const auto* known = states_->find(group);
  if (!known) return false;
  const auto& latest = known->configuration.configuration;
  return !latest.joint() && latest.voters == std::vector{peers_.self};
}

void ReplicaManager::remove(const GroupId& group) {
  close(group);
  if (observer_) observer_->removed(group, peers_.self);
  states_->remove(group);
  is_known(group);
}

bool ReplicaManager::remove_unless_later(const GroupId& group, ConfigurationMark settled) {
  auto replica = find(group);
  if (!replica || !replica->stop_unless_later(settled)) return false;
  FULMAR_MARK("replication: replica moved away");
  forget(group);
  if (observer_) observer_->removed(group, peers_.self);
  return true;
}

bool ReplicaManager::has_lost_promises(const GroupId& group) const {
  const auto* known = states_->find(group);
  return known && promises_are_lost(known->damage) && known->configuration.configuration.empty();
}

std::vector<GroupId> ReplicaManager::stored_groups() const {
  std::vector<GroupId> groups;
  for (const auto& [group, state] : states_->states()) groups.push_back(group);
  return groups;
}

ConfigurationMark ReplicaManager::stored_mark(const GroupId& group) const {
  const auto* known = states_->find(group);
  return known ? known->configuration.mark : ConfigurationMark{};
}

Result<void> ReplicaManager::note_lost_log(const GroupId& group) {
  const auto* known = states_->find(group);
  auto left = known ? *known : HardState{};
  left.damage = new_damage(known);
  return states_->put(group, left);
}

Result<void> ReplicaManager::forget_log(const GroupId& group, bool held_records) {
  const auto* known = states_->find(group);
  if (!known && !held_records) return {};
  HardState left;
  if (known) {
    left.term = known->term;
    left.vote = known->vote;
  }
  left.damage = new_damage(known);
  return states_->put(group, left);
}

// Of a replica that loses its log, and of which this is known.
std::uint64_t ReplicaManager::new_damage(const HardState* known) {
  auto number = host_.entropy().next();
  return known && !promises_are_lost(known->damage) ? lost_log(number) : lost_promises(number);
}

// A group of one needs no ticks until it grows.
void ReplicaManager::woke(Replica& replica) {
  if (auto known = find(replica.group())) ticks_.add(known);
  begin_ticking();
}

void ReplicaManager::begin_ticking() {
  if (std::exchange(ticking_, true)) return;
  ticked_at_ = host_.clock().now();
  fibers_.spawn("tick replicas", [this] { tick(); });
}

Instant ReplicaManager::leads_as_of() const {
  return ticking_ ? ticked_at_ : host_.clock().now();
}

void ReplicaManager::tick() {
  for (;;) {
    auto due = host_.clock().now() + tick_interval_;
    host_.clock().sleep_for(tick_interval_);
    // After a delay, messages that have arrived meanwhile are processed before anybody is taken to be silent.
    auto late = host_.clock().now() - due;
    if (late > raft_.heartbeat_interval) {
      FULMAR_MARK("replication: shard held up");
      host_.clock().sleep_for(listening_time);
    }
    // Such messages may be old replies, by which a deposed leader takes itself for one for another timeout.
    if (late > raft_.election_timeout - raft_.heartbeat_interval) {
      FULMAR_MARK("replication: shard held up, unsure whether it leads");
      unsure_until_ = host_.clock().now() + raft_.election_timeout;
    }
    beat();
    if (liveness_->take_ended())
      for (const auto& [group, replica] : replicas_) ticks_.add(replica);
    bool all = ticks_.tick_due(host_.clock().deadline_in(tick_interval_));
    if (!all || host_.clock().now() < unsure_until_) continue;
    ticked_at_ = host_.clock().now();
    vouch();  // after the ticks, which may have ended a leadership
  }
}

// Sends the pulses that replace the heartbeats of all quiesced groups.
void ReplicaManager::beat() {
  auto now = host_.clock().now();
  if (now < beat_at_) return;
  beat_at_ = next_beat(now, raft_.heartbeat_interval);
  liveness_->expire(raft_.election_timeout, now);
  for (const auto& [to, pulse] : liveness_->pulses(now)) link_to(to).pulse(pulse);
  // One frame has a pulse and the answers to all shards of the other broker.
  for (const auto& [to, link] : links_) link->answer_now();
}

void ReplicaManager::receive(const ReplicaId& from, const PulsesRequest& said) {
  if (!may_link_to(from)) return;
  for (const auto& pulse : said.pulses)
    if (auto answer = liveness_->receive(from, from_wire(pulse), host_.clock().now())) {
      auto& link = link_to(from);
      link.answer(*answer);
      // Else it is sent with the next beat.
      if (raft_.election_timeout < answers_wait_min * raft_.heartbeat_interval) link.answer_now();
      begin_ticking();
    }
  for (const auto& answer : said.answers)
    if (answer.asked.shard == static_cast<std::int32_t>(host_.shard()) && answer.sent_at <= host_.clock().now().ns)
      liveness_->receive(from, from_wire(answer));
}

// Whoever claims to be a replica is answered: that must not create any number of links.
bool ReplicaManager::may_link_to(const ReplicaId& peer) const {
  return links_.size() < links_max || links_.contains(peer);
}

PeerLink& ReplicaManager::link_to(const ReplicaId& peer) {
  auto& link = links_[peer];
  if (!link) {
    link = std::make_unique<PeerLink>(host_, peers_, peer, [this, peer] { lose(peer); });
    link->leaderships = [this] {
      std::vector<LeadersRequest::Leader> all;
      for (const auto& [group, leader] : announced_) all.push_back(leader);
      return all;
    };
    link->vouches = [this] {
      bool held_up = host_.clock().now() - leads_as_of() > raft_.heartbeat_interval;
      return !held_up && !announced_.empty() && vouches();
    };
    link->on_drained = [this] {
      if (catch_up_feeder_) catch_up_feeder_->link_drained();
    };
    fibers_.spawn("peer link",
                  [this, link = link.get()] { link->run([this](const GroupId& group) { return find(group); }); });
  }
  return *link;
}

// Messages to that peer may be lost.
void ReplicaManager::lose(const ReplicaId& peer) {
  for (auto next = replicas_.begin(); next != replicas_.end();) {
    const auto [group, replica] = *next;
    replica->peer_lost(peer);
    work_in_slices(lose_peer_work);
    next = replicas_.upper_bound(group);  // replicas may be added and removed meanwhile
  }
}

void ReplicaManager::announce(const std::set<ReplicaId>& peers, const std::vector<LeadersRequest::Leader>& changes) {
  for (const auto& leader : changes) {
    GroupId group{leader.topic_id, leader.partition};
    if (leader.broker_id < 0)
      announced_.erase(group);
    else
      announced_.insert_or_assign(group, leader);
  }
  for (auto& [to, link] : links_)
    if (!peers.contains(to)) link->stop_announcing();
  for (const auto& peer : peers) link_to(peer).announce(changes);
  if (!announced_.empty() && !peers.empty()) begin_ticking();
}

// Renews all leaderships at once: a broker that misses this for an election timeout shows none of them any more.
void ReplicaManager::vouch() {
  auto now = host_.clock().now();
  if (now < vouched_until_ || announced_.empty() || !vouches()) return;
  vouched_until_ = next_beat(now, raft_.heartbeat_interval);
  for (auto& [to, link] : links_) link->vouch();
  on_vouch();
}

void ReplicaManager::send(const GroupId& group, Message message, Bytes batches) {
  if (!may_link_to(message.to)) {
    FULMAR_MARK("replication: too many links");
    return;
  }
  auto& link = link_to(message.to);
  link.send({group, std::move(message), std::move(batches)});
}

void ReplicaManager::wants_feeding(Replica& replica, const ReplicaId& peer, bool throttled) {
  if (throttled && catch_up_feeder_)
    catch_up_feeder_->wants_feeding(replica.group(), peer);
  else
    link_to(peer).wants_feeding(replica.group());
}

void ReplicaManager::receive(std::vector<GroupMessage> messages) {
  inboxes_.await_room(host_.clock().deadline_in(room_wait_max));
  for (auto& message : messages) {
    if (replicas_.contains(message.group))
      inboxes_.put(std::move(message));
    else {
      FULMAR_MARK("replication: message before its replica");
      early_.keep(std::move(message), host_.clock().now());
    }
  }
}

void ReplicaManager::deliver_early(const GroupId& group) {
  if (early_.empty()) return;
  for (auto& message : early_.take(group, host_.clock().now())) inboxes_.put(std::move(message));
}

void ReplicaManager::begin_retention(const LogLimits& limits) {
  fibers_.spawn("retention", [this, &limits] { RetentionRounds(host_, limits, replicas_).run(); });
}

void ReplicaManager::begin_stop() {
  if (context_) context_->stops = true;
}

void ReplicaManager::stop() {
  inboxes_.stop();
  ticks_.stop();
  fibers_.cancel();
  fibers_.join();
  for (auto& [group, replica] : replicas_) replica->stop();
}

}  // namespace fulmar
