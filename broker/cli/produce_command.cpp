#include "broker/cli/produce_command.h"

#include <unistd.h>

#include <algorithm>

#include "broker/cli/client_command.h"
#include "broker/cli/input_lines.h"
#include "broker/cli/record_format.h"
#include "broker/client/record_sender.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

struct ProduceOptions {
  std::string topic;
  std::optional<std::int32_t> partition;
  std::string key_separator;  // empty: lines have no keys
  std::int16_t acks = -1;
  Compression codec = Compression::none;
};

std::optional<Compression> codec_named(const std::string& name) {
  for (auto codec : {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd})
    if (name == compression_name(codec)) return codec;
  return std::nullopt;
}

// nullopt: the line should have a key, and has no separator.
std::optional<Record> record_of(std::string_view line, const std::string& key_separator) {
  Record record;
  record.value = line;
  if (key_separator.empty()) return record;
  auto at = line.find(key_separator);
  if (at == std::string_view::npos) return std::nullopt;
  record.key = line.substr(0, at);
  record.value = line.substr(at + key_separator.size());
  return record;
}

// One thread serves standard input and the network: lines are added while there are any; otherwise this fiber sleeps
// briefly, and the sending fibers run. So typed lines are sent at once, and fast input in large batches.
Answer<void> send_lines(Host& host, RecordSender& sender, const std::string& key_separator) {
  constexpr auto look_again = milliseconds(10);
  InputLines input(STDIN_FILENO);
  for (;;) {
    FULMAR_TRY(auto state, input.read_some());
    for (;;) {
      FULMAR_TRY(auto line, input.next());
      if (!line) break;
      auto record = record_of(*line, key_separator);
      if (!record)
        return refuse(ErrorCode::invalid_record,
                      "line " + std::to_string(input.number()) + " has no key: the separator is not in it");
      record->timestamp = host.clock().wall_ms();
      sender.add(std::move(*record));
      if (sender.failure()) return {};
    }
    if (state == InputLines::State::ended || sender.failure()) return {};
    if (state == InputLines::State::read) continue;
    sender.flush();
    host.clock().sleep_for(look_again);
  }
}

Answer<void> produce(Host& host, ClusterClient& cluster, const ProduceOptions& wanted) {
  FULMAR_TRY(auto topic, cluster.topic(wanted.topic));
  auto partitions = static_cast<std::int32_t>(topic.partitions.size());
  if (wanted.partition && *wanted.partition >= partitions)
    return refuse(ErrorCode::unknown_topic_or_partition, "topic " + wanted.topic + " has partitions 0 to " +
                                                             std::to_string(partitions - 1) + ", not " +
                                                             std::to_string(*wanted.partition));
  ProducerOptions options;
  options.acks = wanted.acks;
  options.idempotent = wanted.acks == -1;
  options.codec = wanted.codec;
  options.delivery_timeout = cluster.options().patience;
  options.request_timeout = std::min(cluster.options().request_timeout, options.delivery_timeout);
  Producer producer(host, cluster, options);
  RecordSender sender(producer, wanted.topic, Partitioner(partitions, host.entropy().next()), wanted.partition);
  auto read = send_lines(host, sender, wanted.key_separator);
  sender.finish();
  if (!sender.failure()) return read;
  auto why = *sender.failure();
  const auto& counts = sender.counts();
  why.detail += "; " + std::to_string(counts.acknowledged) + " records were acknowledged, " +
                std::to_string(counts.failed) + " were not written, and of " + std::to_string(counts.unknown) +
                " it is not known";
  return std::unexpected(std::move(why));
}

}  // namespace

int produce_command(const std::vector<std::string>& arguments) {
  ProduceOptions wanted;
  std::int32_t partition = 0;
  std::string acks;
  std::string codec;
  ClientCommand command(
      "produce", "TOPIC",
      "Sends each line of standard input as a record. Without --partition a record goes where its\n"
      "key's hash says, as with Kafka's clients; records without a key go to all partitions in turn,\n"
      "batch by batch.");
  auto add = command.options();
  add("partition", po::value(&partition)->value_name("N"), "where all records go");
  add("key-separator", po::value(&wanted.key_separator)->value_name("S"),
      "what is before the first S of a line is the key; \\t is a tab");
  add("acks", po::value(&acks)->default_value("all")->value_name("all|1|0"),
      "who must have a record: all replicas in sync, the leader, nobody");
  add("codec", po::value(&codec)->default_value("none")->value_name("NAME"), "none, gzip, snappy, lz4 or zstd");
  if (auto code = command.parse(arguments)) return *code;
  wanted.topic = command.operand();
  if (partition < 0) return command.wrong("--partition must be at least 0");
  if (command.given("partition")) wanted.partition = partition;
  auto separator = unescape(wanted.key_separator);
  if (!separator) return command.wrong("--key-separator: " + separator.error().detail);
  if (command.given("key-separator") && separator->empty()) return command.wrong("--key-separator must not be empty");
  wanted.key_separator = std::move(*separator);
  if (acks == "all" || acks == "-1")
    wanted.acks = -1;
  else if (acks == "1" || acks == "0")
    wanted.acks = acks == "1" ? 1 : 0;
  else
    return command.wrong("--acks must be all, 1 or 0, not " + acks);
  auto known_codec = codec_named(codec);
  if (!known_codec) return command.wrong("--codec must be none, gzip, snappy, lz4 or zstd, not " + codec);
  wanted.codec = *known_codec;
  return command.run([&](Host& host, ClusterClient& cluster) { return produce(host, cluster, wanted); });
}

}  // namespace fulmar
