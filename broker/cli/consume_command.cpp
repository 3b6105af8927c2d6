#include "broker/cli/consume_command.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "broker/cli/client_command.h"
#include "broker/cli/record_format.h"
#include "broker/client/admin.h"
#include "broker/client/group_consumer.h"
#include "broker/client/topic_reader.h"
#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Offsets = std::map<std::int32_t, Offset>;  // by partition

constexpr Duration leave_patience = seconds(10);

struct ConsumeOptions {
  std::string topic;
  std::optional<std::int32_t> partition;
  Timestamp from = earliest_offset;   // or latest_offset
  std::optional<Offset> from_offset;  // takes precedence
  std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
  bool exit_at_end = false;
  TopicReaderOptions reading;
  std::string group;  // empty: does not join a group
  std::string instance_id;
  bool at_most_once = false;
  RecordFormat format;
};

Answer<std::vector<std::int32_t>> partitions_of(ClusterClient& cluster, const ConsumeOptions& wanted) {
  FULMAR_TRY(auto topic, cluster.topic(wanted.topic));
  std::vector<std::int32_t> partitions;
  for (const auto& partition : topic.partitions)
    if (!wanted.partition || partition.index == *wanted.partition) partitions.push_back(partition.index);
  auto has = "topic " + wanted.topic + " has " + std::to_string(topic.partitions.size()) + " partitions";
  if (partitions.empty())
    return refuse(ErrorCode::unknown_topic_or_partition, has + ", and none is " + std::to_string(*wanted.partition));
  if (wanted.from_offset && partitions.size() > 1)
    return refuse(ErrorCode::invalid_request, has + ": an offset is one's own, say whose with --partition");
  return partitions;
}

Answer<Offsets> begin_of(ClusterClient& cluster, const ConsumeOptions& wanted,
                         const std::vector<std::int32_t>& partitions) {
  if (!wanted.from_offset) return list_offsets(cluster, wanted.topic, partitions, wanted.from);
  auto partition = partitions.front();
  FULMAR_TRY(auto first, list_offsets(cluster, wanted.topic, partitions, earliest_offset));
  FULMAR_TRY(auto end, list_offsets(cluster, wanted.topic, partitions, latest_offset));
  if (*wanted.from_offset < first.at(partition) || *wanted.from_offset > end.at(partition))
    return refuse(ErrorCode::offset_out_of_range, wanted.topic + " [" + std::to_string(partition) + "] begins at " +
                                                      std::to_string(first.at(partition)) + " and ends at " +
                                                      std::to_string(end.at(partition)) + ", " +
                                                      std::to_string(*wanted.from_offset) + " is outside");
  return Offsets{{partition, *wanted.from_offset}};
}

Answer<void> consume(Host& host, ClusterClient& cluster, const ConsumeOptions& wanted) {
  FULMAR_TRY(auto partitions, partitions_of(cluster, wanted));
  FULMAR_TRY(auto positions, begin_of(cluster, wanted, partitions));
  // The present ends: with active producers a moving end might never be reached.
  Offsets ends;
  if (wanted.exit_at_end) {
    FULMAR_TRY(ends, list_offsets(cluster, wanted.topic, partitions, latest_offset, wanted.reading.committed_only));
    std::erase_if(positions, [&](const auto& entry) { return entry.second >= ends.at(entry.first); });
  }
  if (positions.empty()) return {};
  TopicReader reader(host, cluster, wanted.topic, positions, wanted.reading);
  for (auto left = wanted.count_max; left > 0 && !positions.empty();) {
    FULMAR_TRY(auto read, reader.next());
    if (!positions.contains(read.partition)) continue;  // it has been read to its end
    auto end = wanted.exit_at_end ? ends.at(read.partition) : std::numeric_limits<Offset>::max();
    std::string text;
    for (const auto& record : read.records) {
      if (record.offset >= end || left == 0) break;
      wanted.format.append(text, wanted.topic, read.partition, record);
      --left;
    }
    // Blocks while the output is not taken, and nothing else runs meanwhile: that is all the back-pressure needed.
    FULMAR_TRY_VOID(print(text));
    if (read.next >= end) positions.erase(read.partition);
  }
  return {};
}

Answer<void> print_as_member(GroupConsumer& consumer, const ConsumeOptions& wanted) {
  for (auto left = wanted.count_max; left > 0;) {
    FULMAR_TRY(auto read, consumer.next(wanted.exit_at_end, left));
    if (!read) break;
    std::string text;
    for (const auto& record : read->records) wanted.format.append(text, read->topic, read->partition, record);
    left -= static_cast<std::int64_t>(read->records.size());
    FULMAR_TRY_VOID(print(text));
  }
  return {};
}

// Reads until the end or a signal; then commits what was printed and leaves the group, within a time limit.
Answer<void> consume_as_member(Host& host, ClusterClient& cluster, const ConsumeOptions& wanted) {
  FULMAR_TRY_VOID(cluster.topic(wanted.topic));
  GroupConsumerOptions options;
  options.group = wanted.group;
  options.topics = {wanted.topic};
  if (!wanted.instance_id.empty()) options.instance_id = wanted.instance_id;
  options.delivery = wanted.at_most_once ? DeliveryGuarantee::at_most_once : DeliveryGuarantee::at_least_once;
  options.reset_to = wanted.from;
  options.reading = wanted.reading;
  GroupConsumer consumer(host, cluster, options);
  Answer<void> done;
  Event ended;
  FiberGroup working;
  working.spawn("consume", [&] {
    done = print_as_member(consumer, wanted);
    if (done)
      done = consumer.close();
    else
      consumer.abandon();  // it may not have been printed
    ended.set();
  });
  FiberGroup watching;
  watching.spawn("signals", [&] {
    host.stop_requested().wait();
    consumer.interrupt();
    if (ended.wait(host.clock().deadline_in(leave_patience)) == WaitResult::woken) return;
    done = refuse(ErrorCode::request_timed_out, "what was read last may not be committed");
    ended.set();
  });
  ended.wait();
  return done;
}

}  // namespace

int consume_command(const std::vector<std::string>& arguments) {
  ConsumeOptions wanted;
  std::int32_t partition = 0;
  std::string from;
  std::string isolation;
  std::string format;
  ClientCommand command("consume", "TOPIC",
                        "Prints a topic's records as they come, until it is interrupted, or as --count and\n"
                        "--exit-at-end say. Records of one partition are printed in their order.\n\n"
                        "A format has %s value, %k key, %o offset, %p partition, %t topic, %T timestamp in ms,\n"
                        "%S and %K sizes of value and key (-1: null), %%, and \\n \\t \\r \\0 \\\\.");
  auto add = command.options();
  add("partition", po::value(&partition)->value_name("N"), "only this one");
  add("from", po::value(&from)->default_value("beginning")->value_name("WHERE"),
      "beginning, end, or an offset of the one partition");
  add("count", po::value(&wanted.count_max)->value_name("N"), "end after so many records");
  add("exit-at-end", po::bool_switch(&wanted.exit_at_end), "end where the partitions ended when the command was begun");
  add("rack", po::value(&wanted.reading.rack)->value_name("RACK"),
      "read from replicas in this rack, where brokers allow it");
  add("isolation", po::value(&isolation)->default_value("read_uncommitted")->value_name("LEVEL"),
      "read_uncommitted, or read_committed: of transactions, only what was committed, and nothing behind an open one");
  add("format", po::value(&format)->default_value("%s\\n")->value_name("TEXT"), "how a record is printed");
  add("group", po::value(&wanted.group)->value_name("GROUP"),
      "as a member of this consumer group: reads the partitions that the group gives it, from the group's committed\n"
      "offsets on (else --from), and commits what it has printed");
  add("at-most-once", po::bool_switch(&wanted.at_most_once),
      "commit before printing: what a crash interrupts is not printed again");
  add("instance-id", po::value(&wanted.instance_id)->value_name("ID"),
      "a static member of the group: a quick restart under the same ID changes nobody's partitions");
  if (auto code = command.parse(arguments)) return *code;
  wanted.topic = command.operand();
  if (partition < 0) return command.wrong("--partition must be at least 0");
  if (command.given("partition")) wanted.partition = partition;
  if (wanted.count_max < 0) return command.wrong("--count must be at least 0");
  if (from == "end") {
    wanted.from = latest_offset;
  } else if (from != "beginning") {
    Offset offset = 0;
    auto [last, error] = std::from_chars(from.data(), from.data() + from.size(), offset);
    if (error != std::errc() || last != from.data() + from.size() || offset < 0)
      return command.wrong("--from must be beginning, end or an offset, not " + from);
    wanted.from_offset = offset;
  }
  wanted.reading.committed_only = isolation == "read_committed";
  if (!wanted.reading.committed_only && isolation != "read_uncommitted")
    return command.wrong("--isolation must be read_uncommitted or read_committed, not " + isolation);
  auto parsed = RecordFormat::parse(format);
  if (!parsed) return command.wrong("--format: " + parsed.error().detail);
  wanted.format = std::move(*parsed);
  if (command.given("group")) {
    if (wanted.group.empty()) return command.wrong("--group must not be empty");
    if (wanted.partition || wanted.from_offset)
      return command.wrong(
          "a group gives its members partitions and offsets: --partition and --from OFFSET don't go "
          "with --group; see fulmar group reset-offsets");
    command.ends_in_order();
    return command.run([&](Host& host, ClusterClient& cluster) { return consume_as_member(host, cluster, wanted); });
  }
  if (wanted.at_most_once || command.given("instance-id"))
    return command.wrong("--at-most-once and --instance-id are of a group's member: --group is missing");
  return command.run([&](Host& host, ClusterClient& cluster) { return consume(host, cluster, wanted); });
}

}  // namespace fulmar
