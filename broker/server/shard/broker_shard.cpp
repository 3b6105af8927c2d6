#include "broker/server/shard/broker_shard.h"

#include <algorithm>

#include "broker/cluster/topic_config.h"
#include "broker/server/shard/ownership.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int64_t small_share = 8;  // so many parts make a budget; one is reserved for small amounts

// Each shard's part of the broker's rate.
std::optional<std::int64_t> share_of(std::optional<std::int64_t> rate, unsigned shards) {
  if (rate) rate = std::max<std::int64_t>(*rate / shards, 1);
  return rate;
}

}  // namespace

BrokerShard::BrokerShard(Host& host, Broker& broker)
    : host_(host),
      broker_(broker),
      log_(host.log().named("broker")),
      strangers_log_(host, log_),
      image_(std::make_shared<const MetadataImage>()),
      properties_(broker.config.properties),
      logs_(host, broker.config.log_limits),
      peers_{.self = broker.self,
             .cluster_id = [this] { return cluster_id(); },
             .address = [this](std::int32_t id) { return peer_address(id); },
             .is_fenced = [this](std::int32_t id) { return is_fenced(id); },
             .secret = broker.config.cluster_secret,
             .tls = broker.peer_tls},
      peer_calls_(host, peers_),
      replicas_(host, peers_, broker.config.partition_raft, broker.observer,
                share_of(broker.config.throttled_rate, host.shard_count())),
      leaderships_(*this),
      cleaner_(*this),
      sessions_(static_cast<std::size_t>(broker.config.fetch_sessions_max), fetch_session_bytes_max, host.entropy()),
      leaders_(broker.self.broker, broker.config.partition_raft.election_timeout),
      connection_counts_(broker.config.connections_max, broker.config.connections_per_ip_max),
      partition_waits_([this](const PartitionWaits::Waiter& waiter) { tell(waiter); }),
      told_(host.shard_count(),
            [this](unsigned shard, std::vector<std::uint64_t> waits) {
              on(shard, [&](BrokerShard& there) {
                for (auto wait : waits) there.wait_is_over(wait);
              });
            }),
      given_up_(host.shard_count(),
                [this](unsigned shard, std::vector<std::uint64_t> waits) {
                  on(shard, [&, from = host_.shard()](BrokerShard& there) {
                    for (auto wait : waits) there.partition_waits_.remove({from, wait});
                  });
                }),
      renewed_(host.shard_count(),
               [this](unsigned shard, std::vector<Instant> times) {
                 auto teller = static_cast<std::int32_t>(host_.shard());
                 on(shard,
                    [&](BrokerShard& there) { there.leaders_.renew(broker_.self.broker, 0, teller, times.back()); });
               }),
      client_memory_{{broker.config.queued_bytes_max, broker.config.queued_bytes_max / small_share},
                     {broker.config.answer_bytes_max, broker.config.answer_bytes_max / small_share}},
      groups_(*this),
      transactions_(*this),
      partitions_(*this) {}

Instant BrokerShard::now() const {
  return host_.clock().now();
}

unsigned BrokerShard::owner(const Uuid& topic_id, std::int32_t index) const {
  return owning_shard(topic_id, index, host_.shard_count());
}

std::string BrokerShard::cluster_id() const {
  return image_->cluster_id.empty() ? broker_.cluster_id : image_->cluster_id;
}

std::optional<SocketAddress> BrokerShard::peer_address(std::int32_t broker) const {
  if (auto known = config().controllers.find(broker); known != config().controllers.end()) return known->second;
  // Before this broker has registered it shows no image, but it has to reach the voters of the metadata group, which
  // controller.quorum.voters need not name: an old address is better than none.
  bool may_look = host_.shard() == 0 && broker_.metadata && !broker_.metadata->publishes();
  auto image = may_look ? broker_.metadata->image() : image_;
  auto registered = image->brokers.find(broker);
  if (registered == image->brokers.end()) return std::nullopt;
  return registered->second.internal;
}

bool BrokerShard::learn_everywhere(const PeerConnection& from, const LeadersRequest& leaders, Instant as_of) {
  bool superseded = false;
  for (unsigned shard = 0; shard < host_.shard_count(); ++shard)
    on(shard, [&](BrokerShard& there) {
      if (!there.leaders_.learn(from.broker, from.number, leaders, as_of)) superseded = true;
      there.leaders_changed_.notify_all();
      bool at_rest = std::any_of(leaders.leaders.begin(), leaders.leaders.end(),
                                 [](const auto& leader) { return !leader.voters.empty(); });
      if (at_rest && shard == 0 && there.broker_.on_group_at_rest) there.broker_.on_group_at_rest();
    });
  return !superseded;
}

void BrokerShard::forget_leaders_everywhere(const PeerConnection& from) {
  for (unsigned shard = 0; shard < host_.shard_count(); ++shard)
    on(shard, [&](BrokerShard& there) { there.leaders_.end(from.broker, from.number); });
}

// With the present time, not the time at which the other shards process this.
void BrokerShard::renew_here() {
  auto now = host_.clock().now();
  for (unsigned shard = 0; shard < host_.shard_count(); ++shard)
    if (shard != host_.shard()) renewed_.add(shard, now);
  leaders_.renew(broker_.self.broker, 0, static_cast<std::int32_t>(host_.shard()), now);
}

void BrokerShard::hear_pulses(const PeerConnection& from, const PulsesRequest& said) {
  if (said.leads) {
    leaders_.renew(from.broker, from.number, said.shard, {said.as_of});
    leaders_changed_.notify_all();  // an announcement that arrived late takes effect only when it is renewed
  }
  replicas_.receive({from.broker, said.from_directory_id}, said);
}

bool BrokerShard::is_fenced(std::int32_t id) const {
  auto broker = image_->brokers.find(id);
  return broker == image_->brokers.end() || broker->second.fenced;
}

LeaderTable::Leader BrokerShard::leader_of(const TopicImage& topic, std::int32_t index) const {
  auto leader = leaders_.leader({topic.id, index}, host_.clock().now());
  std::erase_if(leader.in_sync, [this](std::int32_t id) { return is_fenced(id); });
  if (leader.broker >= 0 && !is_fenced(leader.broker)) return leader;
  leader.broker = -1;
  leader.in_sync.clear();
  return leader;
}

// Checks each partition until it has a leader, so that many partitions cost no more than their announcements.
bool BrokerShard::await_leaders(const std::string& topic, std::int32_t first, Deadline deadline) {
  auto led = [&] {
    const auto* there = image_->topic(topic);
    while (there && first < there->partition_count() && leader_of(*there, first).broker >= 0) ++first;
    return !there || first >= there->partition_count();
  };
  return leaders_changed_.wait(led, deadline) == WaitResult::woken;
}

void BrokerShard::show(const MetadataDelta& delta, const Partitions::Holders& holders, bool clean) {
  image_ = delta.after;
  bool reconfigure = configure(*image_);
  produce_configs_.clear();
  if (replicas_.wants_groups()) {
    // Including groups with replicas elsewhere: this broker may have had one, and may get one again.
    std::vector<GroupId> groups;
    for (const auto& [name, topic] : image_->topics)
      for (std::int32_t index = 0; index < topic.partition_count(); ++index)
        if (owner(topic.id, index) == host_.shard()) groups.push_back({topic.id, index});
    replicas_.knows_groups(groups);
  }
  groups_.follow(delta);
  transactions_.follow();
  leaders_.follow(delta);
  leaders_changed_.notify_all();
  leaderships_.follow(delta);
  partitions_.follow(delta, holders, clean, reconfigure);
}

ProduceConfig BrokerShard::produce_config(const TopicImage& topic) {
  auto found = produce_configs_.find(topic.id);
  if (found != produce_configs_.end()) return found->second;
  ProduceConfig config{log_config_of(topic.configs, properties_), compression_of(topic.configs, properties_)};
  return produce_configs_.emplace(topic.id, config).first->second;
}

Result<void> BrokerShard::open() {
  HardStates mine;
  for (const auto& [group, state] : broker_.stored.states)
    if (owner(group.topic, group.partition) == host_.shard()) mine.emplace(group, state);
  return replicas_.open(broker_.stored.next_life, std::move(mine), broker_.stored.incomplete);
}

// Applies the broker properties in force; returns whether they have changed.
bool BrokerShard::configure(const MetadataImage& image) {
  BrokerLayers layers{&image.configs_of(broker_.self.broker), &image.configs_of(all_brokers), &config().properties};
  auto in_force = layers.merged();
  if (in_force == properties_) return false;
  auto settings = BrokerConfig::from(in_force);
  if (!settings) {
    log_.error("configuration not taken over", {{"reason", settings.error().detail}});
    return false;
  }
  properties_ = std::move(in_force);
  logs_.context().limits.producer_id_expiration = settings->log_limits.producer_id_expiration;
  cleaner_.set_settings(settings->cleaner);
  replicas_.set_throttled_rate(share_of(settings->throttled_rate, host_.shard_count()));
  connection_counts_.set_limits(settings->connections_max, settings->connections_per_ip_max);
  return true;
}

void show_everywhere(Broker& broker, Host& host, const MetadataImagePtr& image, bool clean) {
  auto on_all = [&](auto&& work) {
    FiberGroup at_once;
    for (unsigned n = 0; n < host.shard_count(); ++n) at_once.spawn("show metadata", [&work, n] { work(n); });
    at_once.join();
  };
  auto& first = *broker.shards[0];
  const MetadataDelta delta(first.image(), image);
  std::vector<Partitions::Holders> held(host.shard_count());
  on_all([&](unsigned n) { first.on(n, [&](BrokerShard& shard) { shard.partitions().withdraw(delta, held[n]); }); });
  Partitions::Holders holders;
  for (auto& by_shard : held)
    for (auto& [key, there] : by_shard) holders[key].insert(holders[key].end(), there.begin(), there.end());
  on_all([&](unsigned n) { first.on(n, [&](BrokerShard& shard) { shard.show(delta, holders, clean); }); });
  if (broker.observer) broker.observer->shows(broker.self, *image);
}

void BrokerShard::start() {
  leaderships_.start();
  logs_.start();
  replicas_.begin_retention(logs_.context().limits);
  partitions_.start();
  cleaner_.start();
}

void BrokerShard::stop() {
  leaderships_.stop();
  partitions_.stop();
  cleaner_.stop();
  groups_.stop();
  transactions_.stop();
  told_.close();
  given_up_.close();
  renewed_.close();  // renewals continue until the last shard closes
}

std::uint64_t BrokerShard::begin_wait(std::function<void()> told) {
  waits_.emplace(next_wait_, std::move(told));
  return next_wait_++;
}

void BrokerShard::end_wait(std::uint64_t wait, const std::vector<unsigned>& owners) {
  waits_.erase(wait);
  for (auto owner : owners) {
    if (owner == host_.shard())
      partition_waits_.remove({owner, wait});
    else
      given_up_.add(owner, wait);
  }
}

void BrokerShard::tell(const PartitionWaits::Waiter& waiter) {
  if (waiter.shard == host_.shard())
    wait_is_over(waiter.id);
  else
    told_.add(waiter.shard, waiter.id);
}

void BrokerShard::wait_is_over(std::uint64_t wait) {
  auto known = waits_.extract(wait);
  if (!known.empty()) known.mapped()();
}

bool BrokerShard::close() {
  calls_.join();
  bool all = partitions_.in_order();
  partitions_.close();
  replicas_.stop();
  return logs_.close() && all;
}

}  // namespace fulmar
