// The enumerations of access control lists, with Kafka's numbers. Each has values that only filters use.
#pragma once

#include <cstdint>

namespace fulmar {

enum class AclResourceType : std::int8_t {
  unknown = 0,
  any = 1,  // of filters
  topic = 2,
  group = 3,
  cluster = 4,
  transactional_id = 5,
  delegation_token = 6,
  user = 7,
};

// How a name stands for resources.
enum class AclPatternType : std::int8_t {
  unknown = 0,
  any = 1,    // of filters: any type, but exactly that name
  match = 2,  // of filters: all patterns that the resource of that name falls under
  literal = 3,
  prefixed = 4,
};

enum class AclOperation : std::int8_t {
  unknown = 0,
  any = 1,  // of filters
  all = 2,
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
  create_tokens = 13,
  describe_tokens = 14,
  two_phase_commit = 15,
};

enum class AclPermission : std::int8_t {
  unknown = 0,
  any = 1,  // of filters
  deny = 2,
  allow = 3,
};

}  // namespace fulmar
