// Reconciliation: how one member of a consumer group comes from what it has to what is aimed at (KIP-848), a step per
// heartbeat: it first gives up what is not to be its own; once it says that it has, it is in the target's epoch, and
// gets of what is to be its own all that nobody else has any more; and the rest as that comes free. Pure.
//
// That is what keeps a partition from having two owners: it belongs to a member from when it is assigned to it until
// the member has said that it does not have it any more, or is out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "broker/groups/assignor.h"
#include "broker/protocol/records/consumer_group_records.h"

namespace fulmar {

// The epochs of a member that is on its way, as in the request that says so.
inline constexpr std::int32_t joining_epoch = 0;
inline constexpr std::int32_t leaving_epoch = -1;
inline constexpr std::int32_t static_leaving_epoch = -2;  // and will be back
// Before the first one.
inline constexpr std::int32_t no_previous_epoch = -1;

enum class MemberState : std::uint8_t {
  stable = 0,      // it has what was aimed at in its epoch
  unrevoked = 1,   // it was told to give up partitions, and has not said that it has
  unreleased = 2,  // it waits for others to give up what is to be its own
};

struct CurrentAssignment {
  std::int32_t epoch = joining_epoch;
  std::int32_t previous_epoch = no_previous_epoch;
  MemberState state = MemberState::stable;
  std::map<Uuid, std::map<std::int32_t, std::int32_t>> assigned;  // each partition with the epoch it was assigned in
  std::map<Uuid, std::map<std::int32_t, std::int32_t>> revoking;  // likewise

  bool operator==(const CurrentAssignment&) const = default;
};

// A record of it. Errors: none; what makes no sense in a value that was read is left out, and an unknown state is taken
// for unrevoked: nothing is given to the member until it says what it has.
CurrentAssignment current_of(const ConsumerGroupCurrentMemberAssignmentValue& value);
ConsumerGroupCurrentMemberAssignmentValue value_of(const CurrentAssignment& current);

struct Target {
  std::int32_t epoch = 0;
  const PartitionSets* partitions = nullptr;  // of the member; nullptr: none
};

// The member's next assignment. `owned`: what the member says that it has, nullopt if it doesn't say. `taken`: whether
// a partition is some other member's.
CurrentAssignment reconcile(const CurrentAssignment& current, const Target& target,
                            const std::optional<PartitionSets>& owned,
                            const std::function<bool(const Uuid&, std::int32_t)>& taken);

// Whether a member of this assignment that says it has these partitions has no others.
bool within(const PartitionSets& owned, const CurrentAssignment& current);

}  // namespace fulmar
