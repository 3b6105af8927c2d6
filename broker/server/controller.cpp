#include "broker/server/controller.h"

#include <algorithm>

#include "broker/cluster/reassignment.h"
#include "broker/server/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration look_interval = milliseconds(500);

// The replicas on the directories that their brokers have now.
std::vector<ReplicaId> replaced(std::vector<ReplicaId> replicas, const std::map<std::int32_t, BrokerImage>& brokers) {
  for (auto& id : replicas)
    if (auto found = brokers.find(id.broker); found != brokers.end()) id.directory = found->second.directory;
  return replicas;
}

}  // namespace

void Controller::start() {
  fibers_.spawn("control", [this] { run(); });
}

void Controller::stop() {
  fibers_.cancel();
  fibers_.join();
}

// What can't be done now is tried again at the next look.
void Controller::run() {
  for (;;) {
    changed_.wait(shard_.host().clock().deadline_in(look_interval));
    changed_.reset();
    if (!shard_.broker().metadata->controls()) continue;
    on_controller(shard_, [&](Draft& draft) {
      end_reassignments(draft);
      replace_lost_directories(draft);
      auto error = draft.commit();
      if (error != ErrorCode::none) shard_.log().debug("not changed", {{"reason", error_code_name(error)}});
    });
  }
}

void Controller::end_reassignments(Draft& draft) {
  for (const auto& [name, topic] : shard_.broker().metadata->image()->topics) {
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      const auto* leader = shard_.leaders().find({topic.id, index});
      if (!leader || leader->voters.empty()) continue;
      auto ended = settled(topic.partitions[static_cast<std::size_t>(index)], leader->voters, leader->configuration);
      if (!ended) continue;
      shard_.log().info("replicas changed", {{"topic", name}, {"partition", index}});
      draft.add(PartitionRecord{topic.id, index, std::move(*ended)});
    }
  }
}

// A broker that comes back with another directory has lost what it had, and its promises with it: what was there counts
// as dead for good, and the broker gets it anew.
void Controller::replace_lost_directories(Draft& draft) {
  auto& metadata = *shard_.broker().metadata;
  auto voters = replaced(metadata.voters(), draft.image.brokers);
  std::sort(voters.begin(), voters.end());
  if (voters != metadata.voters()) metadata.set_voters(std::move(voters));
  std::vector<PartitionRecord> records;
  for (const auto& [name, topic] : draft.image.topics) {
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      const auto& partition = topic.partitions[static_cast<std::size_t>(index)];
      auto wanted = replicas_wanted(partition);
      auto there = replaced(wanted, draft.image.brokers);
      if (there != wanted) records.push_back({topic.id, index, reassigned(partition, std::move(there))});
    }
  }
  for (auto& record : records) draft.add(std::move(record));
}

}  // namespace fulmar
