#include "checkers/keyed_logs.h"

#include <charconv>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_builder.h"
#include "checkers/values.h"

namespace fulmar {

namespace {

constexpr std::size_t batch_bytes_max = 64 << 20;

// The partition that a directory of the topic is named after; nullopt for others, and for those that are being deleted.
std::optional<std::int32_t> partition_of(std::string_view directory, std::string_view topic) {
  if (!directory.starts_with(topic) || !directory.substr(topic.size()).starts_with('-')) return std::nullopt;
  auto number = directory.substr(topic.size() + 1);
  std::int32_t partition = -1;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), partition);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return partition;
}

void add_records(std::string_view segment, KeyedRead& read) {
  while (!segment.empty()) {
    auto header = read_batch_header(segment);
    if (!header || header->size() > segment.size()) return;
    auto batch = segment.substr(0, header->size());
    segment.remove_prefix(header->size());
    read.end = header->next_offset();
    if (header->control()) continue;
    auto records = read_records(Bytes::copy_of(batch), batch_bytes_max);
    if (!records) return;
    for (const auto& record : *records) read.records.push_back(see_keyed(record.offset, record.key, record.value));
  }
}

}  // namespace

std::vector<KeyedRead> keyed_logs(const std::map<std::string, std::string>& files, std::string_view topic,
                                  const std::string& broker, Instant at) {
  std::map<std::int32_t, KeyedRead> reads;
  for (const auto& [path, content] : files) {
    auto slash = path.find('/');
    if (slash == std::string::npos || !path.ends_with(".log")) continue;
    auto partition = partition_of(std::string_view(path).substr(0, slash), topic);
    if (!partition) continue;
    auto& read = reads[*partition];
    read.partition = *partition;
    read.completed = at;
    read.replica = broker;
    add_records(content, read);
  }
  std::vector<KeyedRead> all;
  for (auto& [partition, read] : reads) all.push_back(std::move(read));
  return all;
}

}  // namespace fulmar
