// The records of __consumer_offsets: those of classic and of consumer groups.
#pragma once

#include <string_view>
#include <variant>

#include "broker/protocol/records/consumer_group_records.h"
#include "broker/protocol/records/group_records.h"
#include "runtime/base/result.h"

namespace fulmar {

using ConsumerOffsetsRecord = std::variant<
    CoordinatorRecord<OffsetCommitKey>, CoordinatorRecord<GroupMetadataKey>,
    CoordinatorRecord<ConsumerGroupMetadataKey>, CoordinatorRecord<ConsumerGroupPartitionMetadataKey>,
    CoordinatorRecord<ConsumerGroupMemberMetadataKey>, CoordinatorRecord<ConsumerGroupTargetAssignmentMetadataKey>,
    CoordinatorRecord<ConsumerGroupTargetAssignmentMemberKey>,
    CoordinatorRecord<ConsumerGroupCurrentMemberAssignmentKey>, CoordinatorRecord<ConsumerGroupRegularExpressionKey>>;

// Decodes a record's key and value; no value: a tombstone. An old offset (type 0, from before Kafka 0.9) becomes one of
// today's type. The result owns its bytes. Errors: unsupported (no such type: of share or streams groups, or of a newer
// broker; Kafka's coordinator skips it); corrupt (damage, or a value in an unknown version).
Result<ConsumerOffsetsRecord> read_consumer_offsets_record(std::string_view key, std::optional<std::string_view> value);

}  // namespace fulmar
