// The operations that a client is authorized for on a topic or the cluster (KIP-430), as bits of Kafka's operations.
// There is no authorizer: all operations that such a resource has.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

namespace fulmar {

enum class AclOperation : std::uint8_t {
  read = 3,
  write = 4,
  create = 5,
  remove = 6,  // Kafka's DELETE
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
};

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
