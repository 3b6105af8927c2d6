#include "broker/server/controller.h"

#include "broker/cluster/reassignment.h"
#include "broker/server/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration look_interval = milliseconds(500);

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

}  // namespace fulmar
