#include "broker/server/shard/partitions.h"

#include <algorithm>
#include <limits>

#include "broker/cluster/topic_config.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t at_work_max = 64;  // partitions opened or removed at a time, which share syncs
constexpr std::size_t campaigns_at_once_max = 256;
constexpr Duration retry_interval = seconds(5);
// To check one partition; to start opening or removing it.
constexpr Duration look_work = nanoseconds(100);
constexpr Duration take_up_work = microseconds(1);

}  // namespace

Partitions::Partitions(BrokerShard& shard)
    : shard_(shard),
      files_(shard.host(), shard.logs(), shard.replicas()),
      work_("reconcile partition", at_work_max),
      campaigns_("stand for election", campaigns_at_once_max) {}

Partition* Partitions::find(const std::string& topic, std::int32_t index) {
  auto found = entries_.find({topic, index});
  if (found == entries_.end() || (!found->second.wanted && !found->second.shown.replica)) return nullptr;
  return &found->second.shown;
}

const TopicImage* Partitions::topic_in_image(const std::string& name, const Uuid& id) const {
  const auto* topic = image_->topic(name);
  return topic && topic->id == id ? topic : nullptr;
}

bool Partitions::is_wanted_here(const PartitionKey& key) const {
  const auto* topic = image_->topic(key.first);
  return topic && key.second < topic->partition_count() &&
         topic->partitions[static_cast<std::size_t>(key.second)].has(shard_.broker().self);
}

void Partitions::forget(const PartitionKey& key) {
  lingering_.erase(key);
  entries_.erase(key);
}

template <class Visit>
void Partitions::each_of(const std::string& topic, Visit&& visit) {
  for (auto next = entries_.lower_bound({topic, std::numeric_limits<std::int32_t>::min()});
       next != entries_.end() && next->first.first == topic; ++next)
    visit(next->first, next->second);
}

void Partitions::withdraw(const MetadataDelta& delta, Holders& holders) {
  image_ = delta.after;
  const auto shard = shard_.host().shard();
  for (const auto& topic : delta.topics) {
    if (topic.deleted())
      each_of(topic.name, [&](const PartitionKey& key, Entry& entry) {
        if (entry.shown.topic_id != topic.before->id) return;
        entry.wanted = entry.lingers = false;
        lingering_.erase(key);
        take_out_of_service(key, entry);
        wake(key, entry);
        declare_work(take_up_work);
      });
    if (!topic.after) continue;
    topic.each_partition([&](std::int32_t index) {
      declare_work(look_work);
      auto found = entries_.find({topic.name, index});
      if (found == entries_.end()) return;
      const auto& [key, entry] = *found;
      if (entry.claimed || (entry.unseen && entry.shown.topic_id != topic.after->id))
        holders[key].push_back({shard, entry.shown.topic_id});
      if (entry.holds && *entry.holds != topic.after->id) holders[key].push_back({shard, *entry.holds});
    });
  }
}

void Partitions::follow(const MetadataDelta& delta, const Holders& holders, bool clean, bool reconfigure) {
  // With a new image the groups may have removed the lingering replicas.
  for (const auto& key : std::exchange(lingering_, {})) {
    auto& entry = entries_.at(key);
    entry.lingers = false;
    wake(key, entry);
  }
  for (const auto& topic : delta.topics) {
    if (!topic.after) continue;
    topic.each_partition([&](std::int32_t index) {
      work_in_slices(look_work);
      if (shard_.owner(topic.after->id, index) != shard_.host().shard()) return;
      want({topic.name, index}, *topic.after, holders, clean);
      work_in_slices(take_up_work);
    });
    if (!reconfigure && topic.before && topic.before->configs != topic.after->configs)
      each_of(topic.name, [&](const PartitionKey&, Entry& entry) { configure(*topic.after, entry); });
  }
  if (!reconfigure) return;
  for (auto& [key, entry] : entries_)
    if (const auto* topic = image_->topic(key.first)) configure(*topic, entry);
}

// Notes whether the partition is wanted here.
void Partitions::want(const PartitionKey& key, const TopicImage& topic, const Holders& holders, bool clean) {
  bool here = topic.partitions[static_cast<std::size_t>(key.second)].has(shard_.broker().self);
  if (!here && !entries_.contains(key)) return;
  auto& entry = entries_[key];
  entry.wanted = here;
  if (here && entry.shown.topic_id != topic.id) {
    FULMAR_ASSERT(!entry.shown.replica);
    entry.shown.topic_id = topic.id;
    entry.shown.failed = entry.may_recover = false;
    entry.clean = clean;
    entry.unseen = true;
  }
  auto held = here ? holders.find(key) : holders.end();
  if (held != holders.end()) entry.holders.insert(entry.holders.end(), held->second.begin(), held->second.end());
  wake(key, entry);
}

void Partitions::wake(const PartitionKey& key, Entry& entry) {
  if (stopping_ || std::exchange(entry.busy, true)) return;  // its fiber does this as well
  work_.run(fibers_, [this, key] { reconcile(key); });
}

// Whether records are acknowledged from stable storage is fixed when a topic is created; see check_alteration().
void Partitions::configure(const TopicImage& topic, Entry& entry) {
  const auto& partition = entry.shown;
  if (!partition.replica || topic.id != partition.topic_id) return;
  auto wanted = log_config_of(topic.configs, shard_.properties());
  const auto& known = partition.replica->log().config();
  if (wanted.acknowledges_synced() != known.acknowledges_synced()) wanted.flush_messages = known.flush_messages;
  partition.replica->set_log_config(wanted);
}

void Partitions::retry_if_failed(const PartitionKey& key, Entry& entry) {
  const auto& partition = entry.shown;
  bool failed = partition.replica ? partition.replica->log().offline() : partition.failed && entry.may_recover;
  if (!failed || entry.busy) return;
  entry.retry = true;
  wake(key, entry);
}

// A disk that was full or failing may work again.
void Partitions::retry_failed() {
  for (;;) {
    shard_.host().clock().sleep_for(retry_interval);
    for (auto next = entries_.begin(); next != entries_.end();) {
      const auto key = next->first;
      retry_if_failed(key, next->second);
      work_in_slices(look_work);
      next = entries_.upper_bound(key);  // entries come and go meanwhile
    }
  }
}

void Partitions::start() {
  fibers_.spawn("retry partitions", [this] { retry_failed(); });
}

void Partitions::stop() {
  stopping_ = true;
  changed_.notify_all();
  work_.drop(fibers_);
  campaigns_.drop(fibers_);
  fibers_.cancel();
  fibers_.join();
}

void Partitions::close() {
  for (auto& [key, entry] : entries_) entry.shown.listening.end();
}

bool Partitions::in_order() const {
  auto is_in_order = [](const auto& known) {
    const auto& entry = known.second;
    return entry.shown.replica || entry.is_over() || (!entry.holds && entry.clean);
  };
  return !left_behind_ && std::ranges::all_of(entries_, is_in_order);
}

}  // namespace fulmar
