#include "broker/protocol/api_key.h"

#include "runtime/base/assert.h"

namespace fulmar {

namespace {
// librdkafka up to 2.8 takes "Produce from version 0" to mean that compressed batches are welcome, so Produce is
// advertised from 0 though versions 0 to 2 are answered UNSUPPORTED_VERSION (KIP-896, KAFKA-18659).
constexpr ApiInfo table[] = {
    {ApiKey::produce, "Produce", 3, 11, 9, 0},
    {ApiKey::fetch, "Fetch", 4, 17, 12, 4},
    {ApiKey::list_offsets, "ListOffsets", 1, 10, 6, 1},
    {ApiKey::metadata, "Metadata", 0, 12, 9, 0},
    {ApiKey::find_coordinator, "FindCoordinator", 0, 6, 3, 0},
    {ApiKey::api_versions, "ApiVersions", 0, 4, 3, 0},
    {ApiKey::create_topics, "CreateTopics", 2, 7, 5, 2},
    {ApiKey::delete_topics, "DeleteTopics", 1, 6, 4, 1},
    {ApiKey::delete_records, "DeleteRecords", 0, 2, 2, 0},
    {ApiKey::init_producer_id, "InitProducerId", 0, 5, 2, 0},
    {ApiKey::describe_configs, "DescribeConfigs", 0, 4, 4, 0},
    {ApiKey::create_partitions, "CreatePartitions", 0, 3, 2, 0},
    {ApiKey::describe_cluster, "DescribeCluster", 0, 1, 0, 0},
};
}  // namespace

std::span<const ApiInfo> served_apis() {
  return table;
}

const ApiInfo* find_api(std::int16_t key) {
  for (const auto& api : table)
    if (static_cast<std::int16_t>(api.key) == key) return &api;
  return nullptr;
}

const ApiInfo& api_info(ApiKey key) {
  const auto* api = find_api(static_cast<std::int16_t>(key));
  ASSERT(api != nullptr);
  return *api;
}

}  // namespace fulmar
