// GroupMachine: a GroupCoordinator on its partition of __consumer_offsets: reads and writes the records, and keeps who
// waits for which answer. Driven by a CoordinatorPartition.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "broker/coordinator/coordinator_core.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

// Which of the topic's partitions a group belongs to, as in Kafka: by the hash that Java gives its id. `partitions`: at
// least 1.
std::int32_t partition_of_group(std::string_view group_id, std::int32_t partitions);

class GroupMachine final : public CoordinatorCore {
 public:
  using Answered = std::function<void(GroupAnswer)>;

  // `note`: told what becomes of groups, for the operator's log.
  GroupMachine(const GroupSettings& settings, std::function<Uuid()> new_uuid,
               std::function<void(const std::string&)> note)
      : groups_(settings, std::move(new_uuid)), note_(std::move(note)) {}

  // For a request to the groups: `answered` is called once, with a take_appends() after it. Must not wait.
  GroupToken expect(Answered answered, CoordinatorTime now) {
    wall_ = now.wall;
    waiting_.emplace(++last_token_, std::move(answered));
    return last_token_;
  }
  GroupCoordinator& groups() { return groups_; }

  Result<void> replay(const ReadRecord& record) override;
  bool finish_loading(CoordinatorTime now) override;
  void tick(CoordinatorTime now) override;
  Instant next_deadline() const override { return groups_.next_deadline(); }
  void committed(AppendId through, CoordinatorTime now) override;
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime now) override;
  void resign() override { groups_.resign(); }
  std::vector<Append> take_appends() override;

 private:
  GroupCoordinator groups_;
  std::function<void(const std::string&)> note_;
  std::map<GroupToken, Answered> waiting_;
  GroupToken last_token_ = 0;
  Timestamp wall_ = 0;  // of the last input: the records' time
};

}  // namespace fulmar
