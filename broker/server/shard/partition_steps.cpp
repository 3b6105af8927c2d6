// Opens, configures and removes one partition, step by step, in its fiber.
#include <algorithm>

#include "broker/cluster/reassignment.h"
#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/server/shard/broker_shard.h"
#include "broker/server/shard/partitions.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/fiber.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration holders_patience = milliseconds(100);

}  // namespace

// Steps are not cancelled, also when the broker stops: no replica or log is left half open.
void Partitions::reconcile(const PartitionKey& key) {
  CancellationShield shield;
  auto& entry = entries_.at(key);  // only its fiber removes it
  while (!stopping_ && step(key, entry)) continue;
  // At the end of the queue: the holders may be waiting in it.
  if (!stopping_ && !entry.holders.empty()) return work_.run(fibers_, [this, key] { reconcile(key); });
  entry.busy = false;
  if (entry.is_over()) forget(key);
  changed_.notify_all();
}

// Does the next step; false if there is none.
bool Partitions::step(const PartitionKey& key, Entry& entry) {
  bool is_its = entry.to_be_open() && entry.holds == entry.shown.topic_id;
  if (entry.holds && !is_its) {
    leave(key, entry);
    return true;
  }
  if (!holders_are_gone(key, entry)) return false;
  if (!entry.to_be_open()) {
    if (!entry.unseen) return false;
    check_stray(key, entry);
    return true;
  }
  bool again = std::exchange(entry.retry, false);
  if (entry.shown.replica) {
    if (!again || !entry.shown.replica->log().offline()) return false;
    close_failed(key, entry);
  } else if (entry.shown.failed && !again) {
    return false;
  }
  open(key, entry);
  return true;
}

bool Partitions::await_gone(const PartitionKey& key, const Uuid& topic_id, Deadline deadline) {
  auto gone = [&] {
    auto found = entries_.find(key);
    if (found == entries_.end()) return true;
    const auto& entry = found->second;
    return !entry.claimed && entry.holds != topic_id && !(entry.unseen && entry.shown.topic_id == topic_id);
  };
  return changed_.wait(gone, deadline) == WaitResult::woken;
}

// Whether all files of earlier topics in its place are gone. Waits a moment for that.
bool Partitions::holders_are_gone(const PartitionKey& key, Entry& entry) {
  while (!entry.holders.empty()) {
    const auto holder = entry.holders.back();
    bool own = holder.shard == shard_.host().shard();  // this shard's own were removed before
    bool gone = own || shard_.on(holder.shard, [&](BrokerShard& there) {
      return there.partitions().await_gone(key, holder.topic, there.host().clock().deadline_in(holders_patience));
    });
    if (!gone) {
      FULMAR_MARK("partitions: place held by an earlier topic");
      return false;
    }
    std::erase(entry.holders, holder);
  }
  return true;
}

void Partitions::open(const PartitionKey& key, Entry& entry) {
  const auto& [name, index] = key;
  const GroupId group{entry.shown.topic_id, index};
  const auto image = image_;
  const auto* topic = topic_in_image(name, group.topic);
  FULMAR_ASSERT(topic);
  entry.holds = group.topic;
  entry.unseen = false;
  // Replicas that are being added do not have all records yet.
  bool alone = topic->partitions[static_cast<std::size_t>(index)].replicas == std::vector{shard_.broker().self} ||
               shard_.replicas().is_only_voter(group);
  auto log = files_.open(name, group, log_config_of(topic->configs, shard_.properties()), alone,
                         std::exchange(entry.clean, false));
  if (!log) {
    // A damaged log needs an operator; errors of repeated attempts are logged once.
    bool told = std::exchange(entry.may_recover, log.error().code != Errc::corrupt);
    if (!told) {
      FULMAR_MARK("partitions: can not be opened");
      shard_.log().error("partition can't be opened",
                         {{"partition", partition_directory(name, index)}, {"reason", to_string(log.error())}});
    }
    entry.shown.failed = true;
    return;
  }
  // If the topic was deleted meanwhile, the log is removed without having a replica.
  topic = topic_in_image(name, group.topic);
  if (!topic) {
    FULMAR_MARK("partitions: deleted while it was opened");
    return;
  }
  auto replica = open_replica(group, topic->partitions[static_cast<std::size_t>(index)], std::move(*log));
  if (topic_in_image(name, group.topic)) put_in_service(key, entry, std::move(replica));
}

std::shared_ptr<Replica> Partitions::open_replica(const GroupId& group, const PartitionImage& image,
                                                  std::shared_ptr<PartitionLog> log) {
  auto& replicas = shard_.replicas();
  const auto& self = shard_.broker().self;
  // The partition was reassigned to this replica alone: if it has lost its promises, no other replica has any.
  if (image.replicas == std::vector{self} && replicas.has_lost_promises(group)) {
    FULMAR_MARK("partitions: moved to a replica without promises");
    HardState alone;
    alone.configuration.configuration = {{self}, {}, {}};
    return replicas.add(group, std::move(log), std::move(alone));
  }
  // A replica that was added later, that lingers, or whose group has changed gets its configuration from the leader.
  if (!image.has(self) || image.adds(self) || image.settled != ConfigurationMark{})
    return replicas.add(group, std::move(log), HardState{});
  auto voters = replicas_before(image);
  if (voters.size() == 1) return replicas.add(group, std::move(log), alone_at_birth(self));
  bool preferred = image.replicas.front() == self;
  std::sort(voters.begin(), voters.end());
  HardState fresh;
  fresh.configuration.configuration = {std::move(voters), {}, {}};
  auto replica = replicas.add(group, std::move(log), std::move(fresh));
  // So that a new topic has its preferred leaders at once. Replicas that are opened together share the syncs of their
  // hard states.
  if (preferred && replica->leader_epoch() < 0) {
    FULMAR_MARK("partitions: preferred leader campaigns");
    campaigns_.run(fibers_, [replica] { replica->campaign(); });
  }
  return replica;
}

void Partitions::put_in_service(const PartitionKey& key, Entry& entry, std::shared_ptr<Replica> replica) {
  const auto group = replica->group();
  auto* partition = &entry.shown;
  partition->replica = std::move(replica);
  partition->failed = entry.may_recover = false;
  partition->listening = partition->replica->listeners().add([this, partition, group] {
    shard_.partition_waits().changed(group);
    note_leadership(*partition);
  });
  note_leadership(*partition);
  shard_.partition_waits().changed(group);
  configure(*image_->topic(group.topic), entry);  // the newest image's
  shard_.replicas().deliver_early(group);
  if (key.first == group_topic_name) shard_.groups().opened(key.second);
  if (key.first == transaction_topic_name) shard_.transactions().opened(key.second);
}

void Partitions::end_coordinator(const PartitionKey& key) {
  if (key.first == group_topic_name) shard_.groups().release(key.second);
  if (key.first == transaction_topic_name) shard_.transactions().release(key.second);
}

// Notes changes of leadership only; the rest is noticed in the next round.
void Partitions::note_leadership(Partition& partition) {
  auto epoch = partition.replica->leads() ? partition.replica->leader_epoch() : -1;
  if (std::exchange(partition.announced, epoch) == epoch) return;
  if (epoch >= 0) {
    ++shard_.counts().leaderships_won;
    shard_.leaderships().won(partition.replica->group());
  } else {
    ++shard_.counts().leaderships_lost;
    shard_.leaderships().lost(partition.replica->group());
  }
}

void Partitions::take_out_of_service(const PartitionKey& key, Entry& entry) {
  auto& partition = entry.shown;
  if (!partition.replica) return;
  const GroupId group{partition.replica->group().topic, key.second};
  partition.listening.end();
  partition.replica = nullptr;
  partition.announced = -1;
  shard_.leaderships().forget(group);
  shard_.partition_waits().changed(group);
}

// A log that was found damaged is recovered when it is opened again, and repaired by the other replicas, if any.
void Partitions::close_failed(const PartitionKey& key, Entry& entry) {
  FULMAR_MARK("partitions: failed log closed to be opened again");
  const GroupId group{*entry.holds, key.second};
  end_coordinator(key);
  entry.shown.failed = true;
  take_out_of_service(key, entry);
  shard_.leaderships().lost(group);
  shard_.replicas().close(group);
  shard_.logs().release(partition_directory(key.first, key.second));
}

// The topic was deleted or the replica moved away: removes it, unless its group may still count on it.
void Partitions::leave(const PartitionKey& key, Entry& entry) {
  const auto image = image_;
  if (let_go(key, *entry.holds)) {
    remove(key, entry);
  } else if (image == image_ && !entry.wanted) {
    FULMAR_MARK("partitions: lingers after it was moved away");
    lingering_.insert(key);
    entry.lingers = true;
  }
}

// Whether the group does not have this replica any more.
bool Partitions::let_go(const PartitionKey& key, const Uuid& topic_id) {
  const auto& [name, index] = key;
  const GroupId group{topic_id, index};
  end_coordinator(key);
  const auto* topic = topic_in_image(name, topic_id);
  if (!topic) {
    FULMAR_MARK("partitions: of a deleted topic removed");
    shard_.replicas().remove(group);
    return true;
  }
  const auto& wanted = topic->partitions[static_cast<std::size_t>(index)];
  return !wanted.has(shard_.broker().self) && shard_.replicas().remove_unless_later(group, wanted.settled);
}

void Partitions::remove(const PartitionKey& key, Entry& entry) {
  take_out_of_service(key, entry);
  end_coordinator(key);  // a request may have begun one meanwhile
  auto removed = shard_.logs().remove(partition_directory(key.first, key.second));
  if (!removed) {
    FULMAR_MARK("partitions: files left behind");
    left_behind_ = true;
    shard_.log().error("partition can't be removed",
                       {{"partition", key.first}, {"reason", to_string(removed.error())}});
  }
  entry.holds = std::nullopt;
  entry.shown.failed = entry.may_recover = false;
  changed_.notify_all();
}

}  // namespace fulmar
