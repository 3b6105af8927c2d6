#include "scenarios/topic_view.h"

#include <set>

#include "broker/cluster/topic_config.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/metadata.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr int pages_max = 10;

// A change that is tried again may take effect twice.
ClusterClientOptions impatient(ClusterClientOptions options) {
  options.patience = {};
  return options;
}

}  // namespace

TopicView::TopicView(Host& host, Workload& workload, Random random)
    : host_(host),
      workload_(workload),
      random_(random),
      brokers_(host, impatient(cluster_options(workload, random_.split("cluster")))) {}

// Any broker; once the clients are asked to end, one of the core.
Answer<Brokers::Connection> TopicView::somebody(Deadline deadline) {
  if (workload_.core.empty() && random_.chance(1, 2)) return brokers_.any(deadline);
  if (workload_.core.empty())
    return brokers_.broker(static_cast<std::int32_t>(random_.between(1, workload_.plan.setting(settings::brokers))),
                           deadline);
  auto at = workload_.core.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(workload_.core.size())));
  return brokers_.broker(at->first, deadline);
}

std::optional<TopicView::Shown> TopicView::look() {
  return random_.chance(1, 2) ? look_page_by_page() : look_at_metadata();
}

std::optional<TopicView::Shown> TopicView::look_at_metadata() {
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics.emplace().push_back({{}, name_});
  auto response = ask<MetadataResponse>(request);
  if (!response || response->topics.size() != 1) return std::nullopt;
  const auto& topic = response->topics[0];
  if (topic.error_code == ErrorCode::unknown_topic_or_partition) return Shown();
  if (topic.error_code != ErrorCode::none) return std::nullopt;
  if (is_earlier(topic.topic_id)) return std::nullopt;
  Shown shown;
  for (const auto& partition : topic.partitions) shown.push_back(partition.replica_nodes);
  return shown;
}

// Each partition has to be on one page.
std::optional<TopicView::Shown> TopicView::look_page_by_page() {
  DescribeTopicPartitionsRequest request;
  request.topics.push_back({name_});
  request.response_partition_limit = static_cast<std::int32_t>(random_.between(1, 3));
  Shown shown;
  for (int pages = 0; pages < pages_max; ++pages) {
    auto response = ask<DescribeTopicPartitionsResponse>(request);
    if (!response || response->topics.size() != 1) return std::nullopt;
    const auto& topic = response->topics[0];
    if (topic.error_code == ErrorCode::unknown_topic_or_partition) return Shown();
    if (topic.error_code != ErrorCode::none) return std::nullopt;
    if (is_earlier(topic.topic_id)) return std::nullopt;
    for (const auto& partition : topic.partitions) {
      if (partition.index != std::ssize(shown)) {
        // Partitions are never removed, so that this is no matter of when each page was made.
        workload_.seen.push_back({"administration", "wrong-page",
                                  name_ + " has partition " + std::to_string(partition.index) + " on a page where " +
                                      std::to_string(shown.size()) + " is next",
                                  host_.clock().now()});
        return std::nullopt;
      }
      shown.push_back(partition.replica_nodes);
    }
    if (!response->next_cursor) return shown;
    request.cursor = response->next_cursor;
  }
  return std::nullopt;
}

const std::vector<std::string>& TopicView::properties() {
  static const std::vector<std::string> names{"retention.ms", "segment.bytes", "max.message.bytes", "segment.ms",
                                              "cleanup.policy"};
  return names;
}

std::optional<std::string> TopicView::differing_config(const std::map<std::string, std::string>& set) {
  DescribeConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(ConfigResource::topic), name_, properties()});
  auto response = ask<DescribeConfigsResponse>(request);
  if (!response || response->results.size() != 1 || response->results[0].error_code != ErrorCode::none)
    return std::nullopt;
  std::set<std::string> told;
  for (const auto& config : response->results[0].configs) {
    told.insert(config.name);
    const bool is_set = config.config_source == static_cast<std::int8_t>(ConfigSource::dynamic_topic);
    auto known = set.find(config.name);
    if (known == set.end() ? !is_set : is_set && config.value == known->second) continue;
    return config.name + " is shown as " + config.value.value_or("null") + (is_set ? "" : ", which is not its own") +
           ", not " + (known == set.end() ? "the default" : known->second);
  }
  return told.size() == properties().size() ? "" : "not all properties are described";
}

}  // namespace fulmar
