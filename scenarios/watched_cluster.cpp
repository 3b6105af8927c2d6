#include "scenarios/watched_cluster.h"

#include <algorithm>

#include "broker/cluster/features.h"
#include "broker/cluster/metadata_log.h"
#include "broker/server/broker.h"
#include "scenarios/consumer_sessions.h"
#include "scenarios/plan_settings.h"
#include "scenarios/settings.h"

namespace fulmar {

namespace {

constexpr int group_partitions = 5;  // of the topic of committed offsets
constexpr std::size_t told_max = 3;  // of violations of a kind
constexpr std::int64_t default_lag_ms = 30'000;

// Whether a broker that starts now is of the release before.
bool is_release_before(const Plan& plan, Instant now) {
  auto passed = [&](const Setting& setting) { return now >= Instant{} + milliseconds(plan.setting_or(setting, 0)); };
  if (!plan.has(settings::upgrade_at_ms)) return false;
  return !passed(settings::upgrade_at_ms) || (plan.has(settings::downgrade_at_ms) && passed(settings::downgrade_at_ms));
}

// Supports what this release does, but for the newest level of the metadata.
FeatureRanges release_before() {
  auto ranges = supported_features();
  for (auto& range : ranges)
    if (range.name == metadata_version) --range.max;
  return ranges;
}

}  // namespace

WatchedCluster::WatchedCluster(World& world, const Plan& plan, Marks& marks)
    : world_(world),
      plan_(plan),
      security_(plan),
      marks_(marks),
      size_(static_cast<std::size_t>(plan.setting(settings::brokers))),
      lag_max_(milliseconds(plan.setting_or(settings::replica_lag_ms, default_lag_ms))),
      watch_(*this, [&world] { return world.now(); }),
      images_([&world] { return world.now(); }),
      coordinators_(marks) {
  auto work_factor = static_cast<unsigned>(plan.setting_or(settings::work_factor, 1));
  for (std::size_t node = 0; node < size_; ++node)
    world.add_node("broker" + std::to_string(id_of(node))).set_work_factor(work_factor);
}

std::vector<SocketAddress> WatchedCluster::addresses() const {
  std::vector<SocketAddress> all;
  for (std::size_t node = 0; node < size_; ++node) all.push_back({SimNetwork::address_of(node), port});
  return all;
}

BrokerConfig WatchedCluster::config_of(std::size_t node) const {
  auto at = [](std::size_t n, std::uint16_t number) {
    return SimNetwork::address_of(n) + ":" + std::to_string(number);
  };
  Properties properties;
  std::string voters;
  for (std::size_t n = 0; n < std::min(size_, controllers_max); ++n)
    voters += (n > 0 ? "," : "") + std::to_string(id_of(n)) + "@" + at(n, internal_port);
  properties["node.id"] = std::to_string(id_of(node));
  properties["listeners"] = security_.listener() + "://" + at(node, port) + ",INTERNAL://" + at(node, internal_port);
  properties["controller.quorum.voters"] = voters;
  properties["default.replication.factor"] = std::to_string(plan_.setting(settings::replication_factor));
  properties["offsets.topic.replication.factor"] = std::to_string(plan_.setting(settings::replication_factor));
  properties["offsets.topic.num.partitions"] = std::to_string(group_partitions);
  properties["transaction.state.log.replication.factor"] = std::to_string(plan_.setting(settings::replication_factor));
  properties["transaction.state.log.num.partitions"] = std::to_string(group_partitions);
  properties["group.consumer.session.timeout.ms"] = std::to_string(consumer_session_timeout.count());
  properties["group.consumer.min.session.timeout.ms"] = properties["group.consumer.session.timeout.ms"];
  properties["group.consumer.heartbeat.interval.ms"] = std::to_string(consumer_heartbeat_interval.count());
  properties["group.consumer.min.heartbeat.interval.ms"] = properties["group.consumer.heartbeat.interval.ms"];
  if (plan_.has(settings::group_size_max))
    for (const auto* property : {"group.max.size", "group.consumer.max.size"})
      properties[property] = std::to_string(plan_.setting(settings::group_size_max));
  properties["log.segment.bytes"] = std::to_string(plan_.setting(settings::segment_bytes));
  properties["log.index.interval.bytes"] = std::to_string(plan_.setting(settings::index_interval_bytes));
  properties["log.flush.offset.checkpoint.interval.ms"] = std::to_string(plan_.setting(settings::checkpoint_ms));
  properties["log.retention.check.interval.ms"] = std::to_string(plan_.setting(settings::retention_check_ms));
  limit_client_memory(plan_, properties);
  if (plan_.has(settings::cleaner_backoff_ms))
    properties["log.cleaner.backoff.ms"] = std::to_string(plan_.setting(settings::cleaner_backoff_ms));
  if (plan_.has(settings::delete_retention_ms))
    properties["log.cleaner.delete.retention.ms"] = std::to_string(plan_.setting(settings::delete_retention_ms));
  if (plan_.has(settings::cleanable_percent))
    properties["log.cleaner.min.cleanable.ratio"] =
        std::to_string(static_cast<double>(plan_.setting(settings::cleanable_percent)) / 100);
  if (plan_.setting_or(settings::racks, 0)) {
    properties["broker.rack"] = "rack-" + std::to_string(node % 3);
    properties["replica.selector.class"] = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
  }
  properties["metadata.log.max.record.bytes.between.snapshots"] =
      std::to_string(plan_.setting_or(settings::metadata_snapshot_bytes, 20 << 20));
  properties["metadata.log.segment.bytes"] =
      std::to_string(plan_.setting_or(settings::metadata_segment_bytes, 8 << 20));
  bool throttled = plan_.has(settings::throttled_rate);
  if (throttled)
    properties["leader.replication.throttled.rate"] = std::to_string(plan_.setting(settings::throttled_rate));
  properties["replica.lag.time.max.ms"] = std::to_string(lag_max_ / milliseconds(1));
  if (plan_.has(settings::metadata_snapshot_bytes)) {
    properties["metadata.log.max.record.bytes.between.snapshots"] =
        std::to_string(plan_.setting(settings::metadata_snapshot_bytes));
    properties["metadata.log.segment.bytes"] = std::to_string(plan_.setting(settings::metadata_snapshot_bytes));
  }
  if (plan_.setting_or(settings::access_pace_ms, 0)) {
    properties["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    properties["allow.everyone.if.no.acl.found"] = "true";
  }
  security_.add_properties(properties);
  adjust(node, properties);
  auto config = BrokerConfig::from(properties).value();
  config.cluster_secret = "a secret of the cluster";
  config.first_users = security_.first_users();
  if (is_release_before(plan_, world_.now())) config.features = release_before();
  if (plan_.has(settings::group_segment_bytes))
    config.group_topic.segment_bytes = static_cast<std::int32_t>(plan_.setting(settings::group_segment_bytes));
  if (plan_.has(settings::offsets_retention_ms)) {  // the property is in minutes
    config.groups.offsets_retention = milliseconds(plan_.setting(settings::offsets_retention_ms));
    config.groups.offsets_retention_check_interval = milliseconds(plan_.setting(settings::offsets_check_ms));
  }
  config.producer_id_block = plan_.setting_or(settings::producer_id_block, config.producer_id_block);
  if (throttled) config.partition_raft.catch_up_lag = plan_.setting(settings::catch_up_lag);
  return config;
}

// A broker has a different number of shards at each start: its data must be found whatever the number.
void WatchedCluster::start(std::size_t node) {
  auto id = id_of(node);
  watch_.ended(id);
  images_.ended(id);
  if (credentials_) credentials_->begins(id);
  if (states_) states_->ended(id);
  ready_.erase(node);
  auto shards = 1 + static_cast<unsigned>(plan_.setting(settings::shards)) % 3;
  if (plan_.setting(settings::reshard)) shards = 1 + (shards + static_cast<unsigned>(node) + starts_[node]) % 3;
  ++starts_[node];
  shards_[node] = shards;
  world_.node(node).start(shards, [this, node, config = config_of(node)](Host& host) {
    auto ran = run_broker(host, config, {.ready = [this, node](const SocketAddress&) { ready_.insert(node); }}, this);
    if (!ran) host.log().warn("broker could not run", {{"reason", to_string(ran.error())}});
    return ran ? 0 : 1;
  });
}

void WatchedCluster::power_lost(std::size_t node) {
  watch_.power_lost();
  watch_.ended(id_of(node));
}

std::set<std::int32_t> WatchedCluster::ids_of(const std::set<std::size_t>& nodes) const {
  std::set<std::int32_t> ids;
  for (auto node : nodes)
    if (node < size_) ids.insert(id_of(node));
  return ids;
}

std::vector<GroupId> WatchedCluster::leaderless(const std::set<std::size_t>& nodes) const {
  return leaderless([&](const GroupId&, std::size_t node) { return nodes.contains(node); });
}

std::vector<GroupId> WatchedCluster::leaderless(const Counts& counts) const {
  return watch_.leaderless(
      [&](const GroupId& group, std::int32_t broker) { return counts(group, static_cast<std::size_t>(broker - 1)); });
}

std::vector<std::string> WatchedCluster::differing(const std::set<std::size_t>& core) const {
  return watch_.differing(ids_of(core));
}

std::vector<std::string> WatchedCluster::behind(const std::set<std::size_t>& core,
                                                const std::map<GroupId, Offset>& offsets) const {
  return watch_.behind(ids_of(core), offsets);
}

// Records before the metadata log's start are in a snapshot.
void WatchedCluster::opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) {
  if (sight.group == MetadataLog::group()) {
    if (sight.log_start > 0) marks_.reach(Mark::metadata_snapshot_loaded);
    metadata_starts_[sight.self.broker] = sight.log_start;
  }
  compacted_[sight.group].replicas.insert(sight.self);
  if (states_) states_->stepped(sight);
  watch_.opened(sight, directory, epochs);
}

void WatchedCluster::compacted(const GroupId& group, const ReplicaId&, std::size_t tombstones_expired) {
  if (tombstones_expired == 0) return;
  marks_.reach(Mark::tombstone_removed, tombstones_expired);
  auto& known = compacted_[group];
  for (const auto& replica : known.replicas)
    if (!world_.node(static_cast<std::size_t>(replica.broker - 1)).running()) known.were_away.insert(replica);
}

void WatchedCluster::note_election(const ReplicaSight& sight) {
  auto& group = compacted_[sight.group];
  if (sight.role != Role::leader || sight.term <= group.led) return;
  group.led = sight.term;
  if (group.were_away.contains(sight.self)) marks_.reach(Mark::leader_was_away_past_tombstones);
}

void WatchedCluster::started_over(const GroupId& group, const ReplicaId& self, Offset offset) {
  marks_.reach(Mark::log_begun_anew);
  if (group == MetadataLog::group()) {
    marks_.reach(Mark::metadata_snapshot_fetched);
    metadata_starts_[self.broker] = offset;
  }
  watch_.started_over(group, self, offset);
}

void WatchedCluster::stepped(const ReplicaSight& sight) {
  if (sight.group == MetadataLog::group()) {
    auto& start = metadata_starts_[sight.self.broker];
    if (sight.log_start > start) marks_.reach(Mark::metadata_snapshot_taken);
    start = std::max(start, sight.log_start);
    if (sight.role == Role::leader && sight.term > controller_term_) {
      controller_term_ = sight.term;
      controller_ = static_cast<std::size_t>(sight.self.broker - 1);
    }
  }
  note_election(sight);
  if (states_) states_->stepped(sight);
  watch_.stepped(sight);
}

void WatchedCluster::calm_begins(const std::set<std::size_t>& well) {
  marks_.reach(Mark::calm_majority, watch_.calm_begins(ids_of(well), !plan_.has(settings::throttled_rate)));
}

void WatchedCluster::judge_claims(std::int32_t from, const MetadataResponse& metadata, Instant asked) {
  auto judge = [&](const char* anomaly, const std::string& what, const std::string& doubt) {
    if (doubt.empty() || false_claims_.size() >= told_max) return;
    false_claims_.push_back({"metadata tells the truth", anomaly,
                             "broker " + std::to_string(from) + " was asked at " + to_string(asked) +
                                 ", and says that " + what + ": " + doubt,
                             world_.now()});
  };
  for (const auto& topic : metadata.topics)
    for (const auto& partition : topic.partitions) {
      if (partition.leader_id < 0) continue;
      marks_.reach(Mark::metadata_claim);
      GroupId group{topic.topic_id, partition.index};
      auto name = topic.name.value_or("") + "-" + std::to_string(partition.index);
      auto leader = "broker " + std::to_string(partition.leader_id) + " leads " + name + " in epoch " +
                    std::to_string(partition.leader_epoch);
      judge("false-leader", leader, watch_.doubt_claim(group, partition.leader_id, partition.leader_epoch, asked));
      for (auto broker : partition.isr_nodes) {
        if (broker == partition.leader_id) continue;
        marks_.reach(Mark::in_sync_claim);
        judge("false-in-sync", leader + ", and broker " + std::to_string(broker) + " is in sync",
              watch_.doubt_in_sync(group, broker, partition.leader_epoch, lag_max_, asked,
                                   images_.fenced_since(from, broker)));
      }
    }
}

// If a topic was created again under its name, it is unknown which of them a record belongs to.
std::optional<GroupId> WatchedCluster::group_of(const TopicPartition& tp) const {
  auto ids = topic_ids_.find(tp.topic);
  if (ids == topic_ids_.end() || ids->second.size() != 1) return std::nullopt;
  return GroupId{*ids->second.begin(), tp.partition};
}

void WatchedCluster::judge_read(const ReadOperation& read, std::int32_t follower) {
  auto group = group_of(read.from);
  if (!group) return;
  auto by = follower >= 0 ? " by a follower, broker " + std::to_string(follower) : std::string();
  if (!read.records.empty() && uncommitted_reads_.size() < told_max) {
    auto offset = read.records.back().offset;
    if (auto doubt = watch_.doubt_read(*group, offset); !doubt.empty())
      uncommitted_reads_.push_back({"what is served is committed", "uncommitted-read",
                                    "a consumer was given offset " + std::to_string(offset) + " of " +
                                        to_string(read.from) + by + ", but " + doubt,
                                    world_.now()});
  }
  if (follower < 0 || read.log_start < 0 || early_starts_.size() >= told_max) return;
  auto doubt = watch_.doubt_start(*group, follower, read.log_start, read.invoked);
  if (!doubt.empty())
    early_starts_.push_back(
        {"log start", "follower-start-back", to_string(read) + by + ", but " + doubt, world_.now()});
}

void WatchedCluster::note_deletion(const DeleteOperation& deletion) {
  if (auto group = group_of(deletion.of))
    watch_.deletion_acknowledged(*group, deletion.low_watermark, deletion.invoked);
}

void WatchedCluster::sends(const GroupId& group, const Message& message) {
  world_.trace().line(world_.now(), [&] { return "raft " + to_string(group) + ": " + to_string(message); });
  watch_.sends(group, message);
  if (std::holds_alternative<TimeoutNow>(message.body))
    on_leadership_handed(static_cast<std::size_t>(message.from.broker - 1),
                         static_cast<std::size_t>(message.to.broker - 1));
}

void WatchedCluster::shows(const ReplicaId& self, const MetadataImage& image) {
  images_.shows(self, image);
  if (credentials_) credentials_->shows(self.broker, image);
  if (states_) states_->shows(self, image);
  for (const auto& [name, topic] : image.topics) topic_ids_[name].insert(topic.id);
  if (image.next_producer_id <= next_producer_id_) return;
  next_producer_id_ = image.next_producer_id;
  marks_.reach(Mark::producer_id_block);
}

std::vector<std::string> WatchedCluster::describe(std::size_t node) const {
  if (!states_ || node >= size_) return {};
  return states_->describe(id_of(node));
}

Violations WatchedCluster::violations() const {
  auto all = watch_.violations();
  all.insert(all.end(), images_.violations().begin(), images_.violations().end());
  for (const auto* seen : {&false_claims_, &uncommitted_reads_, &early_starts_})
    all.insert(all.end(), seen->begin(), seen->end());
  return all;
}

std::vector<std::string> WatchedCluster::list(std::int32_t broker, std::string_view directory, bool durable) const {
  return world_.node(static_cast<std::size_t>(broker - 1)).disk().image().names(directory, durable);
}

std::string_view WatchedCluster::content(std::int32_t broker, std::string_view path, bool durable) const {
  const auto* file = world_.node(static_cast<std::size_t>(broker - 1)).disk().image().file(path, durable);
  if (!file) return {};
  return durable ? file->durable() : file->current();
}

}  // namespace fulmar
