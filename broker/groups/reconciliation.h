// Reconciliation: moves one member of a consumer group from its current assignment to its target assignment (KIP-848),
// at most one step per heartbeat. The member first gives up the partitions that are not in its target. Once it reports
// that it has, it is moved to the target's epoch, and gets the partitions of its target that no other member has; the
// rest follow as other members give them up. Pure.
//
// So a partition never has two owners: it belongs to a member from its assignment until the member reports that it does
// not have it any more, or is removed from the group.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "broker/groups/assignor.h"
#include "broker/protocol/records/consumer_group_records.h"

namespace fulmar {

// The member epochs in the heartbeats of members that join and leave.
inline constexpr std::int32_t joining_epoch = 0;
inline constexpr std::int32_t leaving_epoch = -1;
inline constexpr std::int32_t static_leaving_epoch = -2;  // a static member that will be back
// The previous epoch of a member that is in its first.
inline constexpr std::int32_t no_previous_epoch = -1;

enum class MemberState : std::uint8_t {
  stable = 0,      // it has the target assignment of its epoch
  unrevoked = 1,   // it is to give up partitions, and has not reported that it has
  unreleased = 2,  // other members still have partitions of its target
};

struct CurrentAssignment {
  std::int32_t epoch = joining_epoch;
  std::int32_t previous_epoch = no_previous_epoch;
  MemberState state = MemberState::stable;
  std::map<Uuid, std::map<std::int32_t, std::int32_t>> assigned;  // each partition with the epoch it was assigned in
  std::map<Uuid, std::map<std::int32_t, std::int32_t>> revoking;  // the partitions it is to give up, likewise

  bool operator==(const CurrentAssignment&) const = default;
};

// From and to a record. Errors: none. If a value does not give each partition's epoch, that is the member's; an unknown
// state counts as unrevoked, so that the member gets no partitions until it reports which it has.
CurrentAssignment current_of(const ConsumerGroupCurrentMemberAssignmentValue& value);
ConsumerGroupCurrentMemberAssignmentValue value_of(const CurrentAssignment& current);

struct Target {
  std::int32_t epoch = 0;
  const PartitionSets* partitions = nullptr;  // the member's; nullptr: none
};

// The member's next assignment. `owned`: the partitions that the member reports, nullopt if its request leaves them
// out. `taken`: whether another member has a partition.
CurrentAssignment reconcile(const CurrentAssignment& current, const Target& target,
                            const std::optional<PartitionSets>& owned,
                            const std::function<bool(const Uuid&, std::int32_t)>& taken);

// Whether all these partitions are assigned to the member.
bool within(const PartitionSets& owned, const CurrentAssignment& current);

}  // namespace fulmar
