// Bytes written by Kafka's own classes (see KafkaBytes.java) are read with the same meaning, and written in the same
// way.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "all_messages.h"
#include "broker/protocol/reader.h"

namespace fulmar {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  return bytes;
}

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(FULMAR_SOURCE_DIR "/tests/protocol/" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

template <class M>
Bytes bytes_of(const M& message, std::int16_t version) {
  Writer writer;
  encode(writer, message, version);
  return std::move(writer).finish().flatten();
}

struct MessageKind {
  std::set<std::int16_t> versions;  // declared ones
  std::set<std::int16_t> seen;
  std::function<void(std::int16_t version, const std::string& bytes, const std::string& words)> check;
};

template <class M>
MessageKind kind_of() {
  MessageKind kind;
  auto schema = message_schema<M>();
  for (auto version = schema.min; version <= schema.max; ++version) kind.versions.insert(version);
  kind.check = [](std::int16_t version, const std::string& bytes, const std::string& words) {
    Reader reader(Bytes::copy_of(bytes));
    auto read = decode<M>(reader, version);
    ASSERT_TRUE(read.has_value()) << to_string(read.error());
    EXPECT_EQ(reader.remaining(), 0u);
    EXPECT_EQ(describe_text(*read, version), words);
    EXPECT_EQ(bytes_of(*read, version).view(), bytes);
  };
  return kind;
}

TEST(KafkaBytes, EveryVersionOfTheMessagesOfGroupsAndTransactions) {
  std::map<std::string, MessageKind> kinds;
  for_each_request([&]<class M>() { kinds[std::string(message_schema<M>().name) + "Request"] = kind_of<M>(); });
  for_each_response([&]<class M>() { kinds[std::string(message_schema<M>().name) + "Response"] = kind_of<M>(); });
  for_each_carried([&]<class M>() { kinds[message_schema<M>().name] = kind_of<M>(); });
  for (const auto& line : lines_of("kafka_messages.txt")) {
    SCOPED_TRACE(line);
    std::istringstream words(line);
    std::string name, hex, text;
    std::int16_t first = 0, last = 0;
    char dash = 0;
    words >> name >> first >> dash >> last >> hex >> std::ws;
    std::getline(words, text);
    ASSERT_TRUE(kinds.contains(name));
    for (auto version = first; version <= last; ++version) {
      kinds[name].check(version, hex == "-" ? "" : from_hex(hex), text);
      kinds[name].seen.insert(version);
    }
  }
  std::size_t known = 0;
  for (const auto& [name, kind] : kinds) {
    if (kind.seen.empty()) continue;
    EXPECT_EQ(kind.seen, kind.versions) << name;
    ++known;
  }
  EXPECT_EQ(known, 46u);
}

struct RecordLine {
  std::string name, key, value, words;
  std::int16_t version = 0;
  bool tombstone = false;
};

RecordLine record_line(const std::string& line) {
  RecordLine record;
  std::istringstream words(line);
  std::string key, value;
  words >> record.name >> record.version >> key >> value >> std::ws;
  std::getline(words, record.words);
  record.key = from_hex(key);
  record.tombstone = value == "-";
  record.value = from_hex(value);
  return record;
}

template <class Key>
void expect_record(const CoordinatorRecord<Key>& record, const RecordLine& line) {
  ASSERT_EQ(record.value.has_value(), !line.tombstone);
  auto words = describe_text(record.key, 0);
  if (record.value) words += " " + describe_text(*record.value, line.version);
  EXPECT_EQ(words, line.words);
  if (line.name == "LegacyOffsetCommit") return;  // only read, never written
  EXPECT_EQ(message_schema<Key>().name, line.name + "Key");
  EXPECT_EQ(write_record_key(record.key).view(), line.key);
  if (record.value) {
    EXPECT_EQ(write_record_value(*record.value, line.version).view(), line.value);
  }
}

TEST(KafkaBytes, EveryRecordOfGroupsAndTransactions) {
  std::map<std::string, std::set<std::int16_t>> seen;
  for (const auto& text : lines_of("kafka_records.txt")) {
    SCOPED_TRACE(text);
    auto line = record_line(text);
    auto value = line.tombstone ? std::nullopt : std::optional<std::string_view>(line.value);
    seen[line.name].insert(line.version);
    if (line.name == "TransactionLog") {
      auto record = read_transaction_log_record(line.key, value);
      ASSERT_TRUE(record.has_value()) << to_string(record.error());
      expect_record(*record, line);
    } else {
      auto record = read_consumer_offsets_record(line.key, value);
      ASSERT_TRUE(record.has_value()) << to_string(record.error());
      std::visit([&](const auto& one) { expect_record(one, line); }, *record);
    }
  }
  EXPECT_EQ(seen.at("LegacyOffsetCommit").size(), 1u);
  for_each_record_key([&]<class Key>() {
    auto schema = message_schema<typename Key::Value>();
    std::string name = message_schema<Key>().name;
    name.resize(name.size() - 3);
    EXPECT_EQ(seen[name].size(), static_cast<std::size_t>(schema.max + 1)) << name;
  });
}

}  // namespace
}  // namespace fulmar
