// GroupMachine: a GroupCoordinator on its partition of __consumer_offsets: reads and writes its records. Driven by a
// CoordinatorPartition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/coordinator/answering_core.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

// Which of the topic's partitions a group belongs to, as in Kafka: by the hash that Java gives its id. `partitions`: at
// least 1.
std::int32_t partition_of_group(std::string_view group_id, std::int32_t partitions);

class GroupMachine final : public AnsweringCore<GroupCoordinator> {
 public:
  // `note`: told what becomes of groups, for the operator's log.
  GroupMachine(const GroupSettings& settings, std::function<Uuid()> new_uuid,
               std::function<void(const std::string&)> note)
      : AnsweringCore(std::move(note), settings, std::move(new_uuid)) {}

  GroupCoordinator& groups() { return coordinator_; }

  Result<void> replay(const ReadRecord& record) override;
  void transaction_ended(ProducerId producer, bool commits) override {
    coordinator_.transaction_ended(producer, commits);
  }

 private:
  std::vector<Record> written(const GroupAppend& append, Timestamp wall) const override;
};

}  // namespace fulmar
