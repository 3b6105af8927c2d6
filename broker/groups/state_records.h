// The records of a group coordinator in its partition of __consumer_offsets: committed offsets; a classic group as of
// its last stable or empty generation; and of a consumer group (KIP-848) its epoch, its members, their target and
// current assignments, and the topics that match its regular expressions. A record without a value is a tombstone.
#pragma once

#include <cstddef>
#include <variant>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/records/consumer_group_records.h"
#include "broker/protocol/records/group_records.h"

namespace fulmar {

using OffsetRecord = CoordinatorRecord<OffsetCommitKey>;
using GroupRecord = CoordinatorRecord<GroupMetadataKey>;
using EpochRecord = CoordinatorRecord<ConsumerGroupMetadataKey>;
using ConsumerMemberRecord = CoordinatorRecord<ConsumerGroupMemberMetadataKey>;
using TargetEpochRecord = CoordinatorRecord<ConsumerGroupTargetAssignmentMetadataKey>;
using TargetRecord = CoordinatorRecord<ConsumerGroupTargetAssignmentMemberKey>;
using CurrentRecord = CoordinatorRecord<ConsumerGroupCurrentMemberAssignmentKey>;
using PatternRecord = CoordinatorRecord<ConsumerGroupRegularExpressionKey>;
using StateRecord = std::variant<OffsetRecord, GroupRecord, EpochRecord, ConsumerMemberRecord, TargetEpochRecord,
                                 TargetRecord, CurrentRecord, PatternRecord>;

// The id of the group that a record belongs to.
inline const std::string& group_of(const StateRecord& record) {
  return std::visit([](const auto& typed) -> const std::string& { return typed.key.group_id; }, record);
}

// The longest string, in bytes, that these records can hold. Requests with longer ones are refused.
inline constexpr std::size_t record_string_max = 32'767;

}  // namespace fulmar
