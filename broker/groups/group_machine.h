// GroupMachine: a GroupCoordinator as the CoordinatorCore of its partition of __consumer_offsets: reads and writes the
// records. Driven by a CoordinatorPartition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/coordinator/answering_core.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

// The partition of the topic that a group belongs to, as in Kafka: by Java's hash code of the group id. `partitions`:
// how many the topic has, at least 1.
std::int32_t partition_of_group(std::string_view group_id, std::int32_t partitions);

class GroupMachine final : public AnsweringCore<GroupCoordinator> {
 public:
  // `note`: called with each line about groups for the operator's log.
  GroupMachine(const GroupSettings& settings, std::function<Uuid()> new_uuid,
               std::function<void(const std::string&)> note)
      : AnsweringCore(std::move(note), settings, std::move(new_uuid)) {}

  GroupCoordinator& groups() { return coordinator_; }

  Result<void> replay(const ReadRecord& record) override;
  AllUnderWay under_way() const override { return coordinator_.under_way(); }
  void transaction_ended(ProducerId producer, bool commits) override {
    coordinator_.transaction_ended(producer, commits);
  }

 private:
  std::vector<Record> written(const GroupAppend& append, Timestamp wall) const override;
};

}  // namespace fulmar
