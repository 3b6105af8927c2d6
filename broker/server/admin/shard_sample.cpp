#include "broker/server/admin/shard_sample.h"

#include <algorithm>

#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/live_fibers.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration list_partition_work = nanoseconds(100);
constexpr Duration look_at_partition_work = microseconds(2);
constexpr Duration look_at_entry_work = nanoseconds(300);  // a group, or a transactional id
constexpr std::size_t entries_at_once = 1'000;

bool out_of_service(const MetadataImage& image, std::int32_t broker) {
  auto found = image.brokers.find(broker);
  return found == image.brokers.end() || found->second.fenced;
}

// The voters that are in sync with this leader, and whose brokers the controller hears of.
std::vector<ReplicaId> in_sync(const Replica& leader, const MetadataImage& image, Instant now) {
  auto ids = leader.raft().in_sync(now);
  std::erase_if(ids, [&](const ReplicaId& id) { return out_of_service(image, id.broker); });
  return ids;
}

bool is_under_replicated(const PartitionImage& wanted, const std::vector<ReplicaId>& in_sync) {
  return std::ranges::any_of(wanted.replicas, [&](const ReplicaId& id) {
    return !wanted.adds(id) && std::ranges::find(in_sync, id) == in_sync.end();
  });
}

// Of each replica that there is to be, but the leader: how many records of the leader's log it does not have.
std::map<std::int32_t, std::int64_t> lags(const Replica& leader, const PartitionImage& wanted) {
  std::map<std::int32_t, std::int64_t> found;
  const auto& log = leader.log();
  for (const auto& id : wanted.replicas) {
    if (id == leader.raft().self()) continue;
    const auto* progress = leader.raft().progress(id);
    auto match = std::max(progress ? progress->match() : 0, log.log_start());
    found[id.broker] = std::max<std::int64_t>(log.log_end() - match, 0);
  }
  return found;
}

const PartitionImage* image_of(const MetadataImage& image, const GroupId& group) {
  const auto* topic = image.topic(group.topic);
  if (!topic || group.partition >= topic->partition_count()) return nullptr;
  return &topic->partitions[static_cast<std::size_t>(group.partition)];
}

// The replicas are copied first, since they may come and go while this yields.
void look_at_partitions(BrokerShard& shard, PartitionTotals& totals) {
  const auto image = shard.image();
  const auto& partitions = shard.partitions();
  std::vector<std::shared_ptr<Replica>> replicas;
  partitions.each([&](const PartitionKey& key, const Partition& partition) {
    declare_work(list_partition_work);
    if (partition.replica) return replicas.push_back(partition.replica);
    if (!partitions.is_wanted_here(key)) return;
    ++totals.replicas;
    ++(partition.failed ? totals.failed : totals.opening);
  });
  for (const auto& replica : replicas) {
    work_in_slices(look_at_partition_work);
    ++totals.replicas;
    totals.log_bytes += static_cast<std::int64_t>(replica->log().size_bytes());
    totals.log_segments += static_cast<std::int64_t>(replica->log().segment_count());
    if (replica->out_of_order()) ++totals.failed;
    const auto* wanted = image_of(*image, replica->group());
    if (!wanted || !replica->leads()) continue;
    ++totals.led;
    if (is_under_replicated(*wanted, in_sync(*replica, *image, shard.now()))) ++totals.under_replicated;
    if (!replica->enough_in_sync()) ++totals.under_min_in_sync;
    for (auto [broker, lag] : lags(*replica, *wanted)) totals.lag_max = std::max(totals.lag_max, lag);
  }
}

void look_at_topic(BrokerShard& shard, const std::string& name, std::vector<TopicPartitionSample>& samples) {
  const auto image = shard.image();
  const auto* topic = image->topic(name);
  for (std::int32_t index = 0; topic && index < topic->partition_count(); ++index) {
    if (shard.owner(topic->id, index) != shard.host().shard()) continue;
    work_in_slices(look_at_partition_work);
    auto* partition = shard.partitions().find(name, index);
    if (!partition || partition->topic_id != topic->id || !partition->replica) continue;
    const auto& replica = *partition->replica;
    const auto& log = replica.log();
    const auto& wanted = topic->partitions[static_cast<std::size_t>(index)];
    samples.push_back(
        {.topic = name,
         .index = index,
         .led = replica.leads(),
         .log_start = log.log_start(),
         .log_end = log.log_end(),
         .high_watermark = replica.high_watermark(),
         .log_bytes = static_cast<std::int64_t>(log.size_bytes()),
         .in_sync = static_cast<std::int64_t>(replica.leads() ? in_sync(replica, *image, shard.now()).size() : 0),
         .replicas = std::ssize(wanted.replicas),
         .lags = replica.leads() ? lags(replica, wanted) : std::map<std::int32_t, std::int64_t>()});
  }
}

// Coordinators are looked at without yielding: a coordinator may end meanwhile.
void look_at_coordinators(BrokerShard& shard, ShardSample& sample) {
  auto groups = shard.groups().read_all([&](const GroupCoordinator& coordinator) {
    std::optional<std::string> after;
    do {
      auto page = coordinator.list({}, after, entries_at_once);
      for (auto& group : page.groups) ++sample.groups[{std::move(group.group_type), std::move(group.group_state)}];
      declare_work(look_at_entry_work * std::ssize(page.groups));
      after = std::move(page.last);
    } while (after);
  });
  auto oldest = std::numeric_limits<Timestamp>::max();
  auto transactions = shard.transactions().read_all([&](const TransactionCoordinator& coordinator) {
    std::optional<std::string> after;
    do {
      auto page = coordinator.open_transactions(after, entries_at_once);
      sample.open_transactions += page.count;
      oldest = std::min(oldest, page.oldest);
      declare_work(look_at_entry_work * page.looked_at);
      after = std::move(page.last);
    } while (after);
  });
  if (sample.open_transactions > 0) sample.oldest_transaction = oldest;
  for (auto error : {groups, transactions})
    if (error == ErrorCode::coordinator_load_in_progress) ++sample.coordinators_loading;
}

}  // namespace

ShardSample sample_shard(BrokerShard& shard, const std::vector<std::string>& topics, const UsageMeters& meters) {
  auto& logs = shard.logs().context();
  ShardSample sample{.counts = shard.counts(),
                     .disk = {},
                     .fibers = static_cast<std::int64_t>(live_fibers()),
                     .request_bytes = shard.client_memory().requests.held(),
                     .response_bytes = shard.client_memory().answers.held(),
                     .waiting_fetches = static_cast<std::int64_t>(shard.partition_waits().size()),
                     .fetch_sessions = static_cast<std::int64_t>(shard.sessions().size()),
                     .quota_meters_without_room = shard.quota_meters().without_room(),
                     .elections_begun = shard.replicas().elections_begun(),
                     .syncs_running = static_cast<std::int64_t>(logs.flushes->running()),
                     .syncs_waiting = static_cast<std::int64_t>(logs.flushes->waiting()),
                     .partitions = {},
                     .groups = {},
                     .topics = {}};
  if (meters.disk) sample.disk = meters.disk();
  look_at_partitions(shard, sample.partitions);
  look_at_coordinators(shard, sample);
  for (const auto& topic : topics) look_at_topic(shard, topic, sample.topics);
  return sample;
}

}  // namespace fulmar
