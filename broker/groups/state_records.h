// What a coordinator of groups keeps in its partition of __consumer_offsets: committed offsets; of a classic group what
// it was when its last generation became stable, or empty; and of a consumer group (KIP-848) its epoch, its members,
// the assignment that is aimed at, how far each member has come towards it, and what its regular expressions stand for.
// No value is a tombstone.
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

// The group that a record is of.
inline const std::string& group_of(const StateRecord& record) {
  return std::visit([](const auto& typed) -> const std::string& { return typed.key.group_id; }, record);
}

// The longest string in bytes that these records can hold. Longer ones of clients are refused before they get here.
inline constexpr std::size_t record_string_max = 32'767;

}  // namespace fulmar
