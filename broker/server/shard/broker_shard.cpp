#include "broker/server/shard/broker_shard.h"

#include <algorithm>
#include <set>

#include "broker/cluster/reassignment.h"
#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/log/checked_file.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/at_once.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// Kafka's file that says to which topic a partition's directory belongs.
constexpr std::string_view partition_metadata = "partition.metadata";
constexpr std::size_t partition_metadata_bytes_max = 1024;
constexpr std::size_t partitions_opened_at_once_max = 64;  // on a shard: they share syncs
constexpr std::size_t campaigns_at_once_max = 256;
constexpr std::int64_t small_share = 8;  // so many parts make a budget; one is kept for what is small
constexpr Duration partition_retry_interval = seconds(5);

std::string partition_metadata_of(const Uuid& topic_id) {
  return "version: 0\ntopic_id: " + to_string(topic_id) + "\n";
}

// Each shard's part of what the broker may send.
std::optional<std::int64_t> share_of(std::optional<std::int64_t> rate, unsigned shards) {
  if (rate) rate = std::max<std::int64_t>(*rate / shards, 1);
  return rate;
}

// The topic that the file names; nullopt if it is damaged.
std::optional<Uuid> named_topic(const CheckedFile& file) {
  if (file.integrity == Integrity::damaged) return std::nullopt;
  auto text = file.content.view();
  auto begin = text.find_last_of(' ');
  if (begin == std::string_view::npos || !text.ends_with('\n')) return std::nullopt;
  auto id = parse_uuid(text.substr(begin + 1, text.size() - begin - 2));
  return id && text == partition_metadata_of(*id) ? id : std::nullopt;
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
             .secret = broker.config.cluster_secret},
      replicas_(host, peers_, broker.config.partition_raft, broker.observer,
                share_of(broker.config.throttled_rate, host.shard_count())),
      leaderships_(*this),
      sessions_(static_cast<std::size_t>(broker.config.fetch_sessions_max), host.entropy()),
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
      groups_(*this) {}

// In a process that dies, who applies an image is no fiber of this shard's own, and may still be at it.
BrokerShard::~BrokerShard() {
  changing_partitions_.await_unlocked();
}

Instant BrokerShard::now() const {
  return host_.clock().now();
}

unsigned BrokerShard::owner(const Uuid& topic_id, std::int32_t index) const {
  if (topic_id == MetadataLog::group().topic) return 0;
  auto mixed = mix64(topic_id.high ^ mix64(topic_id.low + static_cast<std::uint64_t>(index)));
  return static_cast<unsigned>(mixed % host_.shard_count());
}

Partition* BrokerShard::partition(const std::string& topic, std::int32_t index) {
  auto found = partitions_.find({topic, index});
  return found == partitions_.end() ? nullptr : &found->second;
}

Result<std::shared_ptr<PartitionLog>> BrokerShard::open_log(const std::string& name, const TopicImage& image,
                                                            std::int32_t index, bool clean) {
  auto& disk = host_.disk();
  auto path = name + "/" + std::string(partition_metadata);
  // Others that are on their way into the group do not have it all yet.
  auto alone = image.partitions[static_cast<std::size_t>(index)].replicas == std::vector{broker_.self} ||
               replicas_.is_only_voter({image.id, index});
  auto on_damage = alone ? OnDamage::serve_rest : OnDamage::keep_good;
  if (!alone && !replicas_.keeps_promises()) return fail(Errc::io_error, "promises can't be stored");
  // A directory of an earlier topic of that name must not lend this one its records. But a file that is gone, or can't
  // be read, is no reason to remove anything: only a directory that holds nothing but this was made just before a power
  // loss, and nobody was told of it.
  auto found = read_checked_file(disk, path, partition_metadata_bytes_max);
  if (!found && found.error().code != Errc::not_found) return std::unexpected(found.error());
  auto named = found ? named_topic(*found) : std::nullopt;
  // One character may have become another: that they are another topic's is believed only where something vouches for
  // it.
  bool known = named && (*named == image.id || found->integrity == Integrity::intact);
  bool unclaimed = false;
  if (!known) {
    TRY(unclaimed, logs_.holds_records(name));
  }
  if (unclaimed && alone)
    return fail(Errc::invalid_argument, path +
                                            (!found  ? " is missing"
                                             : named ? " names another topic, or is damaged"
                                                     : " is damaged") +
                                            ", so whose records these are is not known: nothing was removed. If they " +
                                            "are those of topic " + to_string(image.id) +
                                            ", write the file anew (\"version: 0\" and \"topic_id: " +
                                            to_string(image.id) + "\", a line each); else move the directory away");
  if (!known || *named != image.id) {
    if (unclaimed) {
      TRY(auto aside, logs_.set_aside(name));
      log_.error(
          "partition.metadata is missing or damaged, or names another topic: the directory is set aside, and the other "
          "replicas give its records again",
          {{"partition", name}, {"set_aside_as", aside}});
    } else {
      TRY_VOID(logs_.remove(name));
    }
    TRY_VOID(disk.create_directory(name));
    // None of them is kept here, and what was promised of them is known to be lost.
    if (unclaimed) TRY_VOID(replace_file(disk, name + "/" + std::string(damage_mark), ByteChain()));
    // Its name is made durable with those of the log's first files.
    TRY_VOID(replace_checked_file_unsynced(disk, path, Bytes::copy_of(partition_metadata_of(image.id))));
    TRY_VOID(replicas_.forget_log({image.id, index}, unclaimed));
  }
  return logs_.open(name, log_config_of(image.configs, properties_), clean, on_damage,
                    replicas_.epoch_max({image.id, index}));
}

void BrokerShard::open_partition(const std::string& topic, const TopicImage& image, std::int32_t index, bool clean) {
  auto name = partition_directory(topic, index);
  auto log = open_log(name, image, index, clean);
  auto* partition = &partitions_[{topic, index}];
  partition->topic_id = image.id;
  if (!log) {
    // Damage is for people to look at; what is tried again and again is told once.
    bool told = std::exchange(partition->retry, log.error().code != Errc::corrupt);
    if (!told) log_.error("partition can't be opened", {{"partition", name}, {"reason", to_string(log.error())}});
    return;
  }
  partition->retry = false;
  partition->replica =
      open_replica({image.id, index}, image.partitions[static_cast<std::size_t>(index)], std::move(*log));
  const GroupId group{image.id, index};
  partition->listening = partition->replica->listeners().add([this, partition, group] {
    partition_waits_.changed(group);
    note_leadership(*partition);
  });
  note_leadership(*partition);
  partition_waits_.changed(group);
}

// Only leaderships are news; what is committed, or who is in sync, can wait for the next turn.
void BrokerShard::note_leadership(Partition& partition) {
  auto epoch = partition.replica->leads() ? partition.replica->leader_epoch() : -1;
  if (std::exchange(partition.announced, epoch) == epoch) return;
  if (epoch >= 0)
    leaderships_.won(partition.replica->group());
  else
    leaderships_.lost(partition.replica->group());
}

// What a full or failing disk refused, it may allow later; and what was damaged while it was served is checked, and
// where others have it, given by them.
void BrokerShard::retry_partitions() {
  for (;;) {
    host_.clock().sleep_for(partition_retry_interval);
    LockGuard held(changing_partitions_);
    std::vector<std::pair<std::string, std::int32_t>> out_of_service;
    for (const auto& [key, partition] : partitions_)
      if (partition.replica ? partition.replica->log().offline() : partition.retry) out_of_service.push_back(key);
    for (const auto& key : out_of_service) {
      const auto& [name, index] = key;
      auto& partition = partitions_.at(key);
      const auto image = image_;
      const auto* topic = image->topic(name);
      if (!topic || topic->id != partition.topic_id) continue;
      // One that was added just now may not be in the image that is shown yet.
      if (static_cast<std::size_t>(index) >= topic->partitions.size()) continue;
      if (!topic->partitions.at(static_cast<std::size_t>(index)).has(broker_.self) && !lingering_.contains(key))
        continue;
      if (partition.replica) {
        if (name == group_topic_name) groups_.release(index);
        partition.listening.end();
        partition.replica = nullptr;
        partition.announced = -1;
        leaderships_.lost({topic->id, index});
        replicas_.close({topic->id, index});
        logs_.release(partition_directory(name, index));
        partition_waits_.changed({topic->id, index});
      }
      open_partition(name, *topic, index, false);
    }
    begin_elections();
  }
}

std::shared_ptr<Replica> BrokerShard::open_replica(const GroupId& group, const PartitionImage& image,
                                                   std::shared_ptr<PartitionLog> log) {
  // The only one there is, after others were: should its promises be lost, nobody else has any.
  if (image.replicas == std::vector{broker_.self} && replicas_.has_lost_promises(group)) {
    HardState alone;
    alone.configuration.configuration = {{broker_.self}, {}, {}};
    return replicas_.add(group, std::move(log), std::move(alone));
  }
  // A replica that came later, that lingers, or that finds its group changed, is told everything by the leader.
  if (!image.has(broker_.self) || image.adds(broker_.self) || image.settled != ConfigurationMark{})
    return replicas_.add(group, std::move(log), HardState{});
  auto voters = replicas_before(image);
  if (voters.size() == 1) return replicas_.add(group, std::move(log), alone_at_birth(broker_.self));
  std::sort(voters.begin(), voters.end());
  HardState fresh;
  fresh.configuration.configuration = {std::move(voters), {}, {}};
  auto replica = replicas_.add(group, std::move(log), std::move(fresh));
  // So that a new topic has leaders at once, and those that it should.
  if (image.replicas.front() == broker_.self && replica->leader_epoch() < 0) to_campaign_.push_back(replica);
  return replica;
}

std::string BrokerShard::cluster_id() const {
  return image_->cluster_id.empty() ? broker_.cluster_id : image_->cluster_id;
}

std::optional<SocketAddress> BrokerShard::peer_address(std::int32_t broker) const {
  if (auto known = config().controllers.find(broker); known != config().controllers.end()) return known->second;
  // Before this broker has registered it shows no image, and yet has to reach the others of the metadata's group, which
  // controller.quorum.voters need not name: an address of before is better than none.
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

// As of now, and not of when the others come to it.
void BrokerShard::renew_here() {
  auto now = host_.clock().now();
  for (unsigned shard = 0; shard < host_.shard_count(); ++shard)
    if (shard != host_.shard()) renewed_.add(shard, now);
  leaders_.renew(broker_.self.broker, 0, static_cast<std::int32_t>(host_.shard()), now);
}

void BrokerShard::hear_pulses(const PeerConnection& from, const PulsesRequest& said) {
  if (said.leads) {
    leaders_.renew(from.broker, from.number, said.shard, {said.as_of});
    leaders_changed_.notify_all();  // a word that came late holds by its first renewal only
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

// Each partition is looked at until it is led, so that many cost no more than what is told of them.
bool BrokerShard::await_leaders(const std::string& topic, std::int32_t first, Deadline deadline) {
  auto led = [&] {
    const auto* there = image_->topic(topic);
    while (there && first < there->partition_count() && leader_of(*there, first).broker >= 0) ++first;
    return !there || first >= there->partition_count();
  };
  return leaders_changed_.wait(led, deadline) == WaitResult::woken;
}

void BrokerShard::show(const MetadataDelta& delta) {
  {
    LockGuard held(changing_partitions_);
    configure(delta);  // also what was opened anew meanwhile, by the image that is shown until now
  }
  std::vector<std::string> deleted;
  for (const auto& topic : delta.topics)
    if (topic.deleted()) deleted.push_back(topic.name);
  image_ = delta.after;
  groups_.follow(deleted);
  produce_configs_.clear();
  if (replicas_.wants_groups()) {
    // Of those that are kept elsewhere, too, this broker may have had a replica, and may be given one again.
    std::vector<GroupId> groups;
    for (const auto& [name, topic] : image_->topics)
      for (std::int32_t index = 0; index < topic.partition_count(); ++index)
        if (owner(topic.id, index) == host_.shard()) groups.push_back({topic.id, index});
    replicas_.knows_groups(groups);
  }
  leaders_.follow(delta);
  leaders_changed_.notify_all();
  leaderships_.follow(delta);
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

// Whether a partition is no more of its topic, or not here: then its replica is out of its group's hands.
bool BrokerShard::let_go(const MetadataImage& image, const std::string& name, std::int32_t index,
                         const Partition& partition) {
  GroupId group{partition.topic_id, index};
  const auto* wanted_topic = image.topic(name);
  bool stays = wanted_topic && wanted_topic->id == partition.topic_id &&
               wanted_topic->partitions[static_cast<std::size_t>(index)].has(broker_.self);
  if (name == group_topic_name && !stays) groups_.release(index);
  const auto* topic = image.topic(name);
  if (!topic || topic->id != partition.topic_id) {
    replicas_.remove(group);
    return true;
  }
  const auto& wanted = topic->partitions[static_cast<std::size_t>(index)];
  return !wanted.has(broker_.self) && replicas_.remove_unless_later(group, wanted.settled);
}

void BrokerShard::remove_partitions(const MetadataDelta& delta) {
  LockGuard held(changing_partitions_);
  auto concerned = std::exchange(lingering_, {});
  for (const auto& topic : delta.topics)
    for (auto next = partitions_.lower_bound({topic.name, std::numeric_limits<std::int32_t>::min()});
         next != partitions_.end() && next->first.first == topic.name; ++next)
      concerned.insert(next->first);
  std::vector<std::pair<std::string, std::int32_t>> gone;
  for (const auto& key : concerned) {
    const auto& [name, index] = key;
    if (let_go(*delta.after, name, index, partitions_.at(key)))
      gone.push_back(key);
    else if (!delta.after->topic(name)->partitions.at(static_cast<std::size_t>(index)).has(broker_.self))
      lingering_.insert(key);
  }
  // None of them is served any more before the first log goes, which takes time.
  for (const auto& key : gone) {
    auto found = partitions_.find(key);
    const GroupId group{found->second.topic_id, key.second};
    found->second.listening.end();
    leaderships_.forget(group);
    partition_waits_.changed(group);
    partitions_.erase(found);
  }
  for (const auto& key : gone) {
    auto removed = logs_.remove(partition_directory(key.first, key.second));
    if (!removed)
      log_.error("partition can't be removed", {{"partition", key.first}, {"reason", to_string(removed.error())}});
  }
}

void BrokerShard::open_lingering_and_remove_strays(bool clean) {
  LockGuard held(changing_partitions_);
  auto entries = host_.disk().list("");
  if (!entries) return;
  for (const auto& entry : *entries) {
    auto partition = entry.is_directory ? partition_of_directory(entry.name) : std::nullopt;
    if (!partition || partitions_.contains(*partition)) continue;
    const auto& [name, index] = *partition;
    auto path = entry.name + "/" + std::string(partition_metadata);
    auto file = read_checked_file(host_.disk(), path, partition_metadata_bytes_max);
    auto topic = file && file->integrity == Integrity::intact ? named_topic(*file) : std::nullopt;
    if (!topic && host_.shard() == 0)
      log_.warn("not known whose records these are, so they stay: nothing vouches for partition.metadata",
                {{"directory", entry.name}});
    if (!topic || owner(*topic, index) != host_.shard()) continue;
    // As in let_go(): by a later configuration its group may count on this replica, and have no majority without it.
    const auto* image = image_->topic(name);
    bool there = image && image->id == *topic && index < image->partition_count();
    if (there && replicas_.stored_mark({*topic, index}) > image->partitions[static_cast<std::size_t>(index)].settled) {
      lingering_.insert(*partition);
      open_partition(name, *image, index, clean);
      continue;
    }
    log_.info("partition that was moved away is removed", {{"partition", entry.name}});
    auto removed = logs_.remove(entry.name);
    if (auto forgotten = replicas_.forget_log({*topic, index}, true); removed) removed = forgotten;
    if (!removed)
      log_.error("partition can't be removed", {{"partition", entry.name}, {"reason", to_string(removed.error())}});
  }
  // The groups of topics that are no more: their ids don't come back. Partitions may be open by a newer image already.
  std::set<Uuid> topics{MetadataLog::group().topic};
  for (const auto& [key, partition] : partitions_) topics.insert(partition.topic_id);
  for (const auto& [name, topic] : image_->topics) topics.insert(topic.id);
  for (const auto& group : replicas_.stored_groups())
    if (!topics.contains(group.topic)) replicas_.remove(group);
}

// With the partitions held still. Whether records are acknowledged from stable storage was decided when a topic was
// made; see check_alteration().
void BrokerShard::configure(const MetadataDelta& delta) {
  const auto& image = *delta.after;
  BrokerLayers layers{&image.configs_of(broker_.self.broker), &image.configs_of(all_brokers), &config().properties};
  auto in_force = layers.merged();
  bool own_changed = in_force != properties_;
  if (own_changed) {
    auto settings = BrokerConfig::from(in_force);
    if (settings) {
      properties_ = std::move(in_force);
      logs_.context().limits.producer_id_expiration = settings->log_limits.producer_id_expiration;
      replicas_.set_throttled_rate(share_of(settings->throttled_rate, host_.shard_count()));
      connection_counts_.set_limits(settings->connections_max, settings->connections_per_ip_max);
    } else {
      log_.error("configuration not taken over", {{"reason", settings.error().detail}});
    }
  }
  if (own_changed) {
    for (auto& [key, partition] : partitions_)
      if (const auto* topic = image.topic(key.first)) configure(*topic, partition);
    return;
  }
  for (const auto& topic : delta.topics) {
    if (!topic.after || (topic.before && topic.before->configs == topic.after->configs)) continue;
    for (auto next = partitions_.lower_bound({topic.name, 0});
         next != partitions_.end() && next->first.first == topic.name; ++next)
      configure(*topic.after, next->second);
  }
}

void BrokerShard::configure(const TopicImage& topic, Partition& partition) {
  if (!partition.replica || topic.id != partition.topic_id) return;
  auto wanted = log_config_of(topic.configs, properties_);
  const auto& known = partition.replica->log().config();
  if (wanted.acknowledges_synced() != known.acknowledges_synced()) wanted.flush_messages = known.flush_messages;
  partition.replica->set_log_config(wanted);
}

void BrokerShard::open_partitions(const MetadataDelta& delta, bool clean) {
  LockGuard held(changing_partitions_);
  configure(delta);
  struct Opening {
    const std::string& name;
    const TopicImage& topic;
    std::int32_t index;
  };
  std::vector<Opening> wanted;
  for (const auto& change : delta.topics) {
    if (!change.after) continue;
    const auto& topic = *change.after;
    change.each_partition([&](std::int32_t index) {
      bool here = topic.partitions[static_cast<std::size_t>(index)].has(broker_.self);
      if (here && owner(topic.id, index) == host_.shard() && !partitions_.contains({change.name, index}))
        wanted.push_back({change.name, topic, index});
    });
  }
  // Several at once: most of the time goes by waiting for the disk, and they share its syncs.
  auto opened = at_once(wanted, partitions_opened_at_once_max, [&](const Opening& next) -> Result<void> {
    open_partition(next.name, next.topic, next.index, clean);
    return {};
  });
  ASSERT(opened);  // what could not be opened is kept as such
  begin_elections();
}

// Of all that was opened together, so that what they promise shares its syncs.
void BrokerShard::begin_elections() {
  auto standing = std::exchange(to_campaign_, {});
  auto campaigned = at_once(standing, campaigns_at_once_max, [](const auto& replica) -> Result<void> {
    replica->campaign();
    return {};
  });
  ASSERT(campaigned);
  replicas_.deliver_early();
}

void apply_everywhere(Broker& broker, Host& host, const MetadataImagePtr& image, bool clean) {
  auto on_all = [&](auto&& work) {
    FiberGroup at_once;
    for (unsigned n = 0; n < host.shard_count(); ++n)
      at_once.spawn("apply metadata", [&broker, &work, n] { broker.shards[0]->on(n, work); });
    at_once.join();
  };
  const MetadataDelta delta(broker.shards[0]->image(), image);
  on_all([&](BrokerShard& shard) { shard.remove_partitions(delta); });
  on_all([&](BrokerShard& shard) { shard.open_partitions(delta, clean); });
  on_all([&](BrokerShard& shard) { shard.show(delta); });
  if (broker.observer) broker.observer->shows(broker.self, *image);
}

void BrokerShard::start() {
  leaderships_.start();
  logs_.start();
  replicas_.begin_retention(logs_.context().limits);
  retrying_.spawn("retry partitions", [this] { retry_partitions(); });
}

void BrokerShard::stop() {
  leaderships_.stop();
  retrying_.cancel();
  retrying_.join();
  groups_.stop();
  told_.close();
  given_up_.close();
  renewed_.close();  // pulses go on until the last shard closes
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
  bool all = true;
  for (auto& [key, partition] : partitions_) {
    all = all && partition.replica;
    partition.listening.end();
  }
  replicas_.stop();
  return logs_.close() && all;
}

}  // namespace fulmar
