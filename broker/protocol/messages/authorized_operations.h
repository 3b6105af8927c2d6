// The operations that a client is authorized for on a topic or the cluster (KIP-430), as bits of Kafka's operations.
// There is no authorizer: all operations that such a resource has.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

#include "broker/protocol/acl_types.h"

namespace fulmar {

constexpr std::int32_t operation_bits(std::initializer_list<AclOperation> operations) {
  std::int32_t bits = 0;
  for (auto operation : operations) bits |= 1 << static_cast<int>(operation);
  return bits;
}

inline constexpr std::int32_t authorized_topic_operations = operation_bits(
    {AclOperation::read, AclOperation::write, AclOperation::create, AclOperation::remove, AclOperation::alter,
     AclOperation::describe, AclOperation::describe_configs, AclOperation::alter_configs});
inline constexpr std::int32_t authorized_group_operations =
    operation_bits({AclOperation::read, AclOperation::remove, AclOperation::describe, AclOperation::describe_configs,
                    AclOperation::alter_configs});
inline constexpr std::int32_t authorized_cluster_operations =
    operation_bits({AclOperation::create, AclOperation::alter, AclOperation::describe, AclOperation::cluster_action,
                    AclOperation::describe_configs, AclOperation::alter_configs, AclOperation::idempotent_write});
// Not requested.
inline constexpr std::int32_t authorized_operations_unasked = std::numeric_limits<std::int32_t>::min();

}  // namespace fulmar
