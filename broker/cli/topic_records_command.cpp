#include "broker/cli/topic_records_command.h"

#include <charconv>

#include "broker/cli/client_command.h"
#include "broker/client/consumer.h"
#include "broker/client/inspect.h"
#include "broker/client/partition_admin.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

constexpr Timestamp max_timestamp_offset = -3;  // of the record with the latest time (KIP-734)

std::optional<std::int64_t> parse_int64(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// The topic's partitions, or the one that is named.
Answer<std::vector<std::int32_t>> meant(ClusterClient& cluster, const std::string& name,
                                        std::optional<std::int32_t> only) {
  FULMAR_TRY(auto topic, cluster.topic(name));
  auto count = static_cast<std::int32_t>(topic.partitions.size());
  if (only && *only >= count)
    return refuse(
        ErrorCode::unknown_topic_or_partition,
        "topic " + name + " has partitions 0 to " + std::to_string(count - 1) + ", not " + std::to_string(*only));
  std::vector<std::int32_t> partitions;
  for (std::int32_t index = 0; index < count; ++index)
    if (!only || index == *only) partitions.push_back(index);
  return partitions;
}

}  // namespace

int add_partitions_command(const std::vector<std::string>& arguments) {
  std::int32_t count = 0;
  ClientCommand command("topic add-partitions", "NAME",
                        "Has a topic have more partitions, and ends once they are led. Records stay where they are:\n"
                        "those with a key that come later may go to another partition than those before.");
  command.options()("partitions", po::value(&count)->value_name("N"), "how many it has then");
  if (auto code = command.parse(arguments)) return *code;
  if (count < 1) return command.wrong("--partitions must be at least 1: how many the topic has then");
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY_VOID(
        or_in_doubt(add_partitions(cluster, command.operand(), count), "topic describe " + command.operand()));
    return print("topic " + command.operand() + " has " + std::to_string(count) + " partitions\n");
  });
}

int topic_offsets_command(const std::vector<std::string>& arguments) {
  std::string when;
  std::int32_t partition = 0;
  ClientCommand command("topic offsets", "NAME",
                        "Shows an offset of each partition: where it begins or ends, or the first record of a time.");
  auto add = command.options();
  add("time", po::value(&when)->default_value("latest")->value_name("WHEN"),
      "earliest, latest (the end), max-timestamp (the record of the latest time), or ms since 1970: the first record "
      "of that time or later, '-' if there is none");
  add("partition", po::value(&partition)->value_name("N"), "of one partition only");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  if (partition < 0) return command.wrong("--partition must be at least 0");
  auto time = when == "earliest"        ? std::optional<Timestamp>(earliest_offset)
              : when == "latest"        ? std::optional<Timestamp>(latest_offset)
              : when == "max-timestamp" ? std::optional<Timestamp>(max_timestamp_offset)
                                        : parse_int64(when);
  if (!time) return command.wrong("--time must be earliest, latest, max-timestamp or ms since 1970, not " + when);
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    const auto& name = command.operand();
    auto only = command.given("partition") ? std::optional(partition) : std::nullopt;
    FULMAR_TRY(auto partitions, meant(cluster, name, only));
    Table table({"PARTITION#", "OFFSET#"});
    std::string errors;
    for (const auto& [index, offset] : offsets_by_partition(host, cluster, name, partitions, *time)) {
      table.add({std::to_string(index), offset && *offset >= 0 ? std::to_string(*offset) : ""});
      if (!offset) errors += (errors.empty() ? "" : "; ") + to_string(offset.error());
    }
    FULMAR_TRY_VOID(command.print(table));
    if (!errors.empty()) return refuse(ErrorCode::none, "not all is known: " + errors);
    return {};
  });
}

int delete_records_command(const std::vector<std::string>& arguments) {
  std::string before;
  std::int32_t partition = 0;
  ClientCommand command("topic delete-records", "NAME",
                        "Deletes the records of a topic, or of one partition, before an offset, for good. Shows where\n"
                        "each partition begins then.");
  auto add = command.options();
  add("before", po::value(&before)->value_name("OFFSET|end"), "the first that stays; end: none does");
  add("partition", po::value(&partition)->value_name("N"), "of one partition only");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  if (partition < 0) return command.wrong("--partition must be at least 0");
  if (before.empty()) return command.wrong("--before is needed");
  auto offset = before == "end" ? std::optional<Offset>(-1) : parse_int64(before);
  if (!offset) return command.wrong("--before must be an offset or end, not " + before);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    const auto& name = command.operand();
    auto only = command.given("partition") ? std::optional(partition) : std::nullopt;
    FULMAR_TRY(auto partitions, meant(cluster, name, only));
    if (*offset >= 0 && partitions.size() > 1)
      return refuse(ErrorCode::none, "one offset is not one of several partitions: --partition is needed");
    std::map<std::int32_t, Offset> wanted;
    for (auto index : partitions) wanted[index] = *offset;
    FULMAR_TRY(auto begins, delete_records(cluster, name, wanted));
    Table table({"PARTITION#", "BEGIN#"});
    for (const auto& [index, begin] : begins) table.add({std::to_string(index), std::to_string(begin)});
    return command.print(table);
  });
}

}  // namespace fulmar
