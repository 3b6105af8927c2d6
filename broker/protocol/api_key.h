// ApiKey: the requests this broker serves, and the versions of each. What is not in the table is not advertised.
#pragma once

#include <cstdint>
#include <span>

namespace fulmar {

enum class ApiKey : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  find_coordinator = 10,
  api_versions = 18,
  create_topics = 19,
  delete_topics = 20,
  delete_records = 21,
  init_producer_id = 22,
  describe_configs = 32,
  create_partitions = 37,
  describe_cluster = 60,
};

struct ApiInfo {
  ApiKey key;
  const char* name;
  std::int16_t min;             // the lowest version served
  std::int16_t max;             // the highest
  std::int16_t flexible;        // from here on: compact types and tagged fields (KIP-482)
  std::int16_t advertised_min;  // what ApiVersions says; lower than `min` for Produce only (KAFKA-18659)

  bool serves(std::int16_t version) const { return version >= min && version <= max; }
  bool is_flexible(std::int16_t version) const { return version >= flexible; }
};

// All of them, by key.
std::span<const ApiInfo> served_apis();
// Null if the key is not served.
const ApiInfo* find_api(std::int16_t key);
const ApiInfo& api_info(ApiKey key);

}  // namespace fulmar
