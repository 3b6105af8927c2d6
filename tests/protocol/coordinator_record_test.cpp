// Coordinators' records and the data of the consumer protocol: valid ones are read as written, others are errors that
// say why.
#include <gtest/gtest.h>

#include "all_messages.h"

namespace fulmar {
namespace {

template <class Key>
Result<CoordinatorRecord<Key>> read(std::string_view key, std::optional<std::string_view> value) {
  if constexpr (std::same_as<Key, TransactionLogKey>) {
    return read_transaction_log_record(key, value);
  } else {
    FULMAR_TRY(auto record, read_consumer_offsets_record(key, value));
    return std::get<CoordinatorRecord<Key>>(std::move(record));
  }
}

template <class Key>
CoordinatorRecord<Key> random_record(Random& random, std::int16_t version) {
  CoordinatorRecord<Key> record{generate<Key>(random, 0), generate<typename Key::Value>(random, version)};
  if constexpr (std::same_as<Key, TransactionLogKey>) {
    record.value->transaction_status = TransactionState::ongoing;
    if (!record.value->transaction_partitions) record.value->transaction_partitions.emplace();
  }
  return record;
}

// Calls check(record, version, key, value) with samples of each type and version of value.
template <class F>
void for_each_random_record(int count, F&& check) {
  Random random(71);
  for_each_record_key([&]<class Key>() {
    auto schema = message_schema<typename Key::Value>();
    for (auto version = schema.min; version <= schema.max; ++version)
      for (int i = 0; i < count; ++i) {
        SCOPED_TRACE(std::string(schema.name) + " v" + std::to_string(version));
        auto record = random_record<Key>(random, version);
        auto key = write_record_key(record.key);
        auto value = write_record_value(*record.value, version);
        check(record, std::string(key.view()), std::string(value.view()), random);
      }
  });
}

TEST(CoordinatorRecord, IsReadAsItWasWritten) {
  for_each_random_record(30, []<class Key>(const CoordinatorRecord<Key>& record, const std::string& key,
                                           const std::string& value, Random&) {
    auto whole = read<Key>(key, value);
    ASSERT_TRUE(whole.has_value()) << to_string(whole.error());
    EXPECT_EQ(whole->key, record.key);
    EXPECT_EQ(whole->value, record.value);
    auto tombstone = read<Key>(key, std::nullopt);
    ASSERT_TRUE(tombstone.has_value());
    EXPECT_EQ(tombstone->key, record.key);
    EXPECT_FALSE(tombstone->value.has_value());
  });
}

TEST(CoordinatorRecord, CutAnywhereOrContinuedItIsCorrupt) {
  for_each_random_record(
      3, []<class Key>(const CoordinatorRecord<Key>&, const std::string& key, const std::string& value, Random&) {
        for (std::size_t size = 0; size < std::min<std::size_t>(key.size(), 200); ++size) {
          auto cut = read<Key>(key.substr(0, size), value);
          ASSERT_FALSE(cut.has_value());
          EXPECT_EQ(cut.error().code, Errc::corrupt);
        }
        for (std::size_t size = 0; size < std::min<std::size_t>(value.size(), 200); ++size) {
          auto cut = read<Key>(key, value.substr(0, size));
          ASSERT_FALSE(cut.has_value());
          EXPECT_EQ(cut.error().code, Errc::corrupt);
        }
        EXPECT_EQ(read<Key>(key + "x", value).error().code, Errc::corrupt);
        EXPECT_EQ(read<Key>(key, value + "x").error().code, Errc::corrupt);
      });
}

TEST(CoordinatorRecord, ChangedBytesAreAnErrorOrAnotherRecordThatCanBeWritten) {
  for_each_random_record(
      50, []<class Key>(const CoordinatorRecord<Key>&, std::string key, std::string value, Random& random) {
        auto& text = random.chance(1, 4) ? key : value;
        for (int change = 0; change < 3; ++change) {
          auto at = random.below(text.size());
          text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        }
        if (auto offsets = read_consumer_offsets_record(key, value)) {
          std::visit([](const auto& record) { EXPECT_GE(write_record(record).value->size(), 2u); }, *offsets);
        }
        if (auto log = read_transaction_log_record(key, value)) {
          EXPECT_GE(write_record(*log).value->size(), 2u);
        }
      });
}

TEST(CoordinatorRecord, OfAnUnknownTypeIsUnsupportedAndOfAnUnknownVersionCorrupt) {
  for (std::int16_t type : {9, 10, 15, 17, 23, 300, -1}) {
    std::string key{static_cast<char>(type >> 8), static_cast<char>(type)};
    EXPECT_EQ(read_consumer_offsets_record(key, "x").error().code, Errc::unsupported) << type;
    EXPECT_EQ(read_transaction_log_record(key, std::nullopt).error().code, Errc::unsupported) << type;
  }
  EXPECT_EQ(to_string(read_transaction_log_record(std::string("\0\1", 2), "").error()),
            "unsupported: record type 1 is not known");
  for_each_random_record(
      1, []<class Key>(const CoordinatorRecord<Key>&, const std::string& key, std::string value, Random&) {
        auto schema = message_schema<typename Key::Value>();
        for (int version : {schema.max + 1, 0x7fff, -1}) {
          value[0] = static_cast<char>(version >> 8);
          value[1] = static_cast<char>(version);
          auto result = read<Key>(key, value);
          ASSERT_FALSE(result.has_value());
          EXPECT_EQ(to_string(result.error()),
                    "corrupt: " + std::string(schema.name) + ": version " + std::to_string(version) + " is not known");
        }
      });
}

// An old offset differs from today's only in its type, and has only the first version of a value.
TEST(CoordinatorRecord, AnOffsetFromBeforeKafka09IsReadAsOneOfToday) {
  OffsetCommitKey key{"g", "t", 3};
  OffsetCommitValue value{.offset = 7, .metadata = "m", .commit_timestamp = 9, .topic_id = {}};
  auto old_key = std::string(write_record_key(key).view());
  old_key[1] = 0;
  auto old = read<OffsetCommitKey>(old_key, write_record_value(value, 0).view());
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->key, key);
  EXPECT_EQ(old->value, value);
  EXPECT_FALSE(read<OffsetCommitKey>(old_key, std::nullopt)->value.has_value());
  EXPECT_EQ(read<OffsetCommitKey>(old_key, write_record_value(value, 1).view()).error().code, Errc::corrupt);
}

TEST(CoordinatorRecord, IsWrittenInTheVersionThatKafkaWrites) {
  auto version = []<class Key>(const Key& key, const typename Key::Value& value) {
    return static_cast<int>(write_record(CoordinatorRecord<Key>{key, value}).value->view()[1]);
  };
  OffsetCommitValue offset;
  EXPECT_EQ(version(OffsetCommitKey{}, offset), 4);
  offset.expire_timestamp = 5;
  EXPECT_EQ(version(OffsetCommitKey{}, offset), 1);
  EXPECT_EQ(version(GroupMetadataKey{}, {}), 3);
  EXPECT_EQ(version(ConsumerGroupMemberMetadataKey{}, {}), 0);
  EXPECT_EQ(version(TransactionLogKey{}, {}), 1);
  EXPECT_FALSE(write_record(CoordinatorRecord<TransactionLogKey>{{"t"}, std::nullopt}).value.has_value());
}

TEST(TransactionLog, ATransactionThatCanNotBeIsCorrupt) {
  TransactionLogKey key{"t"};
  TransactionLogValue value;
  auto error = [&] {
    auto bytes = write_record(TransactionLogRecord{key, value});
    auto record = read_transaction_log_record(bytes.key.view(), bytes.value->view());
    return record ? std::string() : to_string(record.error());
  };
  EXPECT_EQ(error(), "") << "an empty one has no partitions";
  value.transaction_status = TransactionState::prepare_commit;
  EXPECT_EQ(error(), "corrupt: TransactionLogValue: a transaction that is not empty has no partitions");
  value.transaction_partitions.emplace();
  EXPECT_EQ(error(), "");
  for (int status : {-1, 8, 127}) {
    value.transaction_status = static_cast<TransactionState>(status);
    EXPECT_EQ(error(), "corrupt: TransactionLogValue: transaction status " + std::to_string(status) + " is not known");
  }
}

TEST(ConsumerProtocol, ANewerVersionIsReadAsTheNewestKnown) {
  ConsumerProtocolSubscription subscription{.topics = {"a", "b"},
                                            .user_data = Bytes::copy_of("xy"),
                                            .owned_partitions = {{"a", {0, 1}}},
                                            .generation_id = 4,
                                            .rack_id = "r"};
  auto newest = std::string(write_consumer_subscription(subscription, 3).view());
  auto words = describe_text(subscription, 3);
  EXPECT_EQ(describe_text(*read_consumer_subscription(Bytes::copy_of(newest)), 3), words);
  newest[1] = 9;
  EXPECT_EQ(describe_text(*read_consumer_subscription(Bytes::copy_of(newest + "more")), 3), words);
  auto oldest = *read_consumer_subscription(write_consumer_subscription(subscription, 0));
  EXPECT_EQ(describe_text(oldest, 0), describe_text(subscription, 0));
  EXPECT_TRUE(oldest.owned_partitions.empty());
  EXPECT_EQ(oldest.generation_id, -1);

  ConsumerProtocolAssignment assignment{.assigned_partitions = {{"a", {2}}}, .user_data = std::nullopt};
  auto bytes = std::string(write_consumer_assignment(assignment, 3).view());
  bytes[1] = 4;
  EXPECT_EQ(describe_text(*read_consumer_assignment(Bytes::copy_of(bytes + "more")), 3), describe_text(assignment, 3));
}

TEST(ConsumerProtocol, WhatIsNoneIsCorrupt) {
  auto subscription =
      write_consumer_subscription({.topics = {"a"}, .user_data = {}, .owned_partitions = {}, .rack_id = {}}, 3);
  for (std::size_t size = 0; size < subscription.size(); ++size)
    EXPECT_EQ(read_consumer_subscription(subscription.slice(0, size)).error().code, Errc::corrupt) << size;
  auto negative = read_consumer_assignment(Bytes::copy_of(std::string("\xff\xff\0\0\0\0\0\0\0\0", 10)));
  ASSERT_FALSE(negative.has_value());
  EXPECT_EQ(to_string(negative.error()), "corrupt: ConsumerProtocolAssignment: the version is negative");
}

}  // namespace
}  // namespace fulmar
