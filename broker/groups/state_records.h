// What the coordinator of classic groups keeps in its partition of __consumer_offsets: committed offsets, and what a
// group was when its last generation became stable, or empty. No value is a tombstone.
#pragma once

#include <cstddef>
#include <variant>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/records/group_records.h"

namespace fulmar {

using OffsetRecord = CoordinatorRecord<OffsetCommitKey>;
using GroupRecord = CoordinatorRecord<GroupMetadataKey>;
using StateRecord = std::variant<OffsetRecord, GroupRecord>;

// The longest string in bytes that these records can hold. Longer ones of clients are refused before they get here.
inline constexpr std::size_t record_string_max = 32'767;

}  // namespace fulmar
