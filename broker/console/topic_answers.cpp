#include <map>

#include "broker/client/cluster_status.h"
#include "broker/client/config_admin.h"
#include "broker/client/inspect.h"
#include "broker/console/answers.h"
#include "broker/console/json_answer.h"
#include "broker/console/json_values.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration sizes_max = seconds(3);             // then the sizes are shown without the brokers that are missing
constexpr Duration partition_work = nanoseconds(300);  // of looking at one

using Sizes = std::map<PartitionName, std::map<std::int32_t, std::int64_t>>;  // bytes by broker
using AskSizes = std::function<Answer<std::map<PartitionName, std::int64_t>>(std::int32_t broker, Deadline deadline)>;

// Asks these brokers at once. Adds the errors of those that do not answer in time.
Sizes ask_sizes(const ConsoleWork& work, const std::vector<MetadataResponse::Broker>& brokers, const AskSizes& ask,
                std::vector<std::string>& errors) {
  const auto deadline = work.host.clock().deadline_in(sizes_max);
  Sizes sizes;
  FiberGroup at_once;
  for (const auto& broker : brokers)
    at_once.spawn("ask sizes", [&, id = broker.node_id] {
      auto opened = ask(id, deadline);
      if (!opened) {
        errors.push_back("the sizes on broker " + std::to_string(id) + ": " + to_string(opened.error()));
        return;
      }
      for (const auto& [name, bytes] : *opened) {
        sizes[name][id] = bytes;
        work_in_slices(partition_work);
      }
    });
  at_once.join();
  std::ranges::sort(errors);
  return sizes;
}

void add_errors(JsonAnswer& answer, const std::vector<std::string>& errors) {
  answer.begin_list("errors");
  for (const auto& error : errors) answer.item(error);
  answer.end_list();
}

// On all brokers; null if a part of it is not known.
ConsoleJson bytes_of(const MetadataResponse::Topic& topic, const Sizes& sizes) {
  std::int64_t bytes = 0;
  for (const auto& partition : topic.partitions) {
    auto found = sizes.find({topic.name.value_or(""), partition.index});
    if (found == sizes.end()) return {};
    for (const auto& [broker, size] : found->second) bytes += size;
  }
  return bytes;
}

ConsoleJson topic_entry(const MetadataResponse::Topic& topic, std::optional<std::size_t> minimum) {
  PartitionCounts counts;
  for (const auto& partition : topic.partitions) counts.add(partition, minimum);
  work_in_slices(partition_work * static_cast<std::int64_t>(topic.partitions.size()));
  return {{"name", topic.name.value_or("")},
          {"internal", topic.is_internal},
          {"partitions", counts.partitions},
          {"replicas", topic.partitions.empty() ? 0 : topic.partitions.front().replica_nodes.size()},
          {"offline", counts.offline},
          {"under_replicated", counts.under_replicated},
          {"under_min_isr", counts.under_min_isr}};
}

std::optional<std::size_t> number_in(const std::vector<EffectiveConfig>& configs, std::string_view name) {
  auto found = std::ranges::find(configs, name, &EffectiveConfig::name);
  if (found == configs.end() || !found->value) return std::nullopt;
  auto number = ConsoleJson::parse(*found->value, nullptr, false);
  return number.is_number_unsigned() ? std::optional(number.get<std::size_t>()) : std::nullopt;
}

// An offset, or null, and then its error is added.
ConsoleJson offset_of(const std::map<std::int32_t, OffsetAnswer>& offsets, std::int32_t partition,
                      std::vector<std::string>& errors) {
  auto found = offsets.find(partition);
  if (found == offsets.end()) return {};
  if (found->second) return *found->second;
  auto error = "partition " + std::to_string(partition) + ": " + to_string(found->second.error());
  if (std::ranges::find(errors, error) == errors.end()) errors.push_back(std::move(error));
  return {};
}

}  // namespace

Answer<std::string> topics_answer(const ConsoleWork& work, const TopicsQuery& query) {
  FULMAR_TRY(auto metadata, work.cluster.metadata(std::nullopt));
  FULMAR_TRY(auto minimums, min_in_sync(work.cluster, metadata));
  std::map<std::string, const MetadataResponse::Topic*> matching;
  for (const auto& topic : metadata.topics) {
    work_in_slices(partition_work);
    if (auto name = topic.name.value_or(""); contains_in_any_case(name, query.match)) matching[name] = &topic;
  }
  std::vector<std::string> errors;
  Sizes sizes;
  if (query.sizes)
    sizes = ask_sizes(
        work, metadata.brokers,
        [&](std::int32_t broker, Deadline deadline) { return opened_partitions(work.cluster, broker, deadline); },
        errors);
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("total", metadata.topics.size());
  answer.add("matching", matching.size());
  answer.begin_list("topics");
  std::size_t at = 0;
  for (const auto& [name, topic] : matching) {
    if (at++ < query.part.from) continue;
    if (at > query.part.from + query.part.count) break;
    auto minimum = minimums.find(name);
    auto entry = topic_entry(*topic, minimum == minimums.end() ? std::nullopt : std::optional(minimum->second));
    if (query.sizes) entry["bytes"] = bytes_of(*topic, sizes);
    if (!answer.item(entry)) break;
  }
  answer.end_list();
  add_errors(answer, errors);
  return answer.finish();
}

Answer<std::string> topic_answer(const ConsoleWork& work, const TopicQuery& query) {
  FULMAR_TRY(auto topic, work.cluster.topic(query.name));
  FULMAR_TRY(auto brokers, work.cluster.metadata(std::vector<std::string>()));
  FULMAR_TRY(auto configs, effective_topic_configs(work.cluster, query.name));
  const auto minimum = number_in(configs, "min.insync.replicas");
  PartitionCounts counts;
  for (const auto& partition : topic.partitions) counts.add(partition, minimum);
  std::ranges::sort(topic.partitions, {}, &PartitionMetadata::index);
  const auto first = std::min(query.part.from, topic.partitions.size());
  const auto last = std::min(first + query.part.count, topic.partitions.size());
  topic.partitions = std::vector(topic.partitions.begin() + static_cast<std::ptrdiff_t>(first),
                                 topic.partitions.begin() + static_cast<std::ptrdiff_t>(last));
  const auto [begins, ends] = offsets_of_led(work.host, work.cluster, topic);
  std::vector<std::int32_t> indexes;
  for (const auto& partition : topic.partitions) indexes.push_back(partition.index);
  std::vector<std::string> errors;
  const auto sizes = ask_sizes(
      work, brokers.brokers,
      [&](std::int32_t broker, Deadline deadline) {
        return opened_partitions(work.cluster, broker, query.name, indexes, deadline);
      },
      errors);
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("topic", query.name);
  answer.add("id", topic.topic_id.is_zero() ? ConsoleJson() : ConsoleJson(to_string(topic.topic_id)));
  answer.add("internal", topic.is_internal);
  answer.add("partitions_total", counts.partitions);
  answer.add("offline", counts.offline);
  answer.add("under_replicated", counts.under_replicated);
  answer.add("under_min_isr", counts.under_min_isr);
  answer.begin_list("partitions");
  for (const auto& partition : topic.partitions) {
    ConsoleJson bytes = ConsoleJson::object();
    if (auto found = sizes.find({query.name, partition.index}); found != sizes.end())
      for (const auto& [broker, size] : found->second) bytes[std::to_string(broker)] = size;
    const auto begin = offset_of(begins, partition.index, errors);
    const auto end = offset_of(ends, partition.index, errors);
    answer.item({{"partition", partition.index},
                 {"leader", leader_or_null(partition.leader_id)},
                 {"epoch", partition.leader_epoch},
                 {"replicas", partition.replica_nodes},
                 {"in_sync", partition.isr_nodes},
                 {"begin", begin},
                 {"end", end},
                 {"bytes", bytes},
                 {"trouble", to_string(PartitionCounts().add(partition, minimum))}});
  }
  answer.end_list();
  add_configs(answer, configs);
  add_errors(answer, errors);
  return answer.finish();
}

}  // namespace fulmar
