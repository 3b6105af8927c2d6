// The metadata's records and images as bytes.
#include "broker/cluster/metadata_codec.h"

#include <gtest/gtest.h>

#include "broker/protocol/writer.h"

namespace fulmar {
namespace {

const ReplicaId self{1, {1, 2}};

std::vector<PartitionImage> partitions(int count) {
  return std::vector<PartitionImage>(static_cast<std::size_t>(count), PartitionImage{{self, {2, {3, 4}}}});
}

TopicRecord topic(int number, int count = 3) {
  return {"topic" + std::to_string(number),
          {{9, static_cast<std::uint64_t>(number)}, partitions(count), {{"retention.ms", std::to_string(number)}}}};
}

BrokerRecord broker(int number) {
  return {number, {{1, 2}, plain_listener({"10.0.0.1", 9092}), {"10.0.0.1", 9093}, "rack1", false}};
}

AclBinding acl_of(std::string topic) {
  return {AclResourceType::topic, AclPatternType::prefixed, std::move(topic), "User:a", "*",
          AclOperation::read,     AclPermission::deny};
}

TEST(MetadataCodec, EachRecordComesBackFromItsBytes) {
  Random random(1);
  for (std::size_t kind = 0; kind < std::variant_size_v<MetadataRecord>; ++kind) {
    for (int round = 0; round < 50; ++round) {
      auto record = generate_metadata_record(random, kind);
      ASSERT_EQ(record.index(), kind);
      auto bytes = encode(record);
      auto again = decode_metadata_record(bytes);
      ASSERT_TRUE(again.has_value()) << to_text(record) << ": " << to_string(again.error());
      EXPECT_EQ(again->index(), kind);
      EXPECT_EQ(to_text(*again), to_text(record));
      EXPECT_EQ(encode(*again), bytes);
    }
  }
}

// The version is the second byte.
TEST(MetadataCodec, ABrokerIsWrittenAsBeforeUnlessItHasListenersThatEarlierReleasesCannotRead) {
  auto known = broker(1);
  EXPECT_EQ(encode(known)[1], 1);
  for (const ListenerImages& listeners : {ListenerImages{{"PLAINTEXT", SecurityProtocol::ssl, {"h", 1}}},
                                          ListenerImages{{"OUTSIDE", SecurityProtocol::plaintext, {"h", 1}}},
                                          ListenerImages{{"PLAINTEXT", SecurityProtocol::plaintext, {"h", 1}},
                                                         {"OUTSIDE", SecurityProtocol::sasl_ssl, {"o", 2}}}}) {
    known.image.listeners = listeners;
    auto bytes = encode(known);
    EXPECT_EQ(bytes[1], 2);
    auto again = decode_metadata_record(bytes);
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(std::get<BrokerRecord>(*again).image, known.image);
  }
  known.image.listeners[0].protocol = static_cast<SecurityProtocol>(4);
  EXPECT_EQ(decode_metadata_record(encode(known)).error().code, Errc::corrupt);
}

TEST(MetadataCodec, AnImageWithATopicOfManyPartitionsComesBackFromItsPieces) {
  for (int count : {999, 1000, 1001, 2000, 3500}) {
    MetadataImage image;
    auto large = topic(1, count);
    large.topic.partitions.set(static_cast<std::size_t>(count) - 1, {{{5, {6, 7}}}});
    apply_record(large, image);
    apply_record(topic(2), image);
    auto again = decode_metadata_image(encode(image));
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(*again == image) << count;
  }
}

TEST(MetadataCodec, RecordsAreWrittenAsTheyAlwaysWere) {
  auto hex = [](const std::string& bytes) {
    std::string text;
    for (unsigned char byte : bytes) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    return text;
  };
  EXPECT_EQ(hex(encode(ClusterRecord{"abc"})),
            "0100"
            "0461626300");
  EXPECT_EQ(hex(encode(UnregisterRecord{3})),
            "0300"
            "0000000300");
  EXPECT_EQ(hex(encode(PartitionRecord{{9, 7}, 1, {{self}, {self}, {}, {3, 4}}})),
            "0600"
            "00000000000000090000000000000007"
            "00000001"
            "02"
            "00000001"
            "00000000000000010000000000000002"
            "00"
            "02"
            "00"
            "16"
            "02"
            "00000001"
            "00000000000000010000000000000002"
            "00"
            "02"
            "0d"
            "00000003"
            "0000000000000004"
            "00"
            "00");
  EXPECT_EQ(hex(encode(GroupConfigsRecord{"g", {{"a", "b"}}})),
            "0d00"
            "0267"
            "02"
            "0261"
            "0262"
            "00"
            "00");
  EXPECT_EQ(hex(encode(ClientQuotaRecord{{{"user", "a"}, {"ip", std::nullopt}}, {{"k", 1.5}}})),
            "1100"
            "03"
            "036970"
            "00"
            "00"
            "0575736572"
            "0261"
            "00"
            "02"
            "026b"
            "3ff8000000000000"
            "00"
            "00");
  EXPECT_EQ(hex(encode(AclRecord{acl_of("t")})),
            "0f00"
            "02"
            "04"
            "0274"
            "07557365723a61"
            "022a"
            "03"
            "02"
            "00"
            "00");
  EXPECT_EQ(hex(encode(ScramCredentialRecord{"a", ScramMechanism::sha_512, {"s", "k", "l", 4096}})),
            "0e00"
            "0261"
            "02"
            "00001000"
            "0273"
            "026b"
            "026c"
            "00");
  EXPECT_EQ(hex(encode(BrokerConfigsRecord{all_brokers, {{"a", "b"}}})),
            "0900"
            "ffffffff"
            "02"
            "0261"
            "0262"
            "00"
            "00");
}

TEST(MetadataCodec, WhatIsDamagedOrUnknownIsRefused) {
  auto code = [](std::string_view bytes) { return decode_metadata_record(bytes).error().code; };
  auto whole = encode(topic(7));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code(std::string_view(whole).substr(0, size)), Errc::corrupt) << size;
  EXPECT_EQ(code(whole + "x"), Errc::corrupt);
  auto later = whole;
  later[1] = 1;
  EXPECT_EQ(code(later), Errc::unsupported) << "a version";
  later = whole;
  later[0] = 99;
  EXPECT_EQ(code(later), Errc::unsupported) << "a kind";
  EXPECT_EQ(code(R"({"cluster_id":"abc","type":"cluster"})"), Errc::unsupported);
}

// Whatever its checksum says: nothing could serve such a partition.
TEST(MetadataCodec, APartitionThatContradictsItselfIsRefused) {
  const ReplicaId other{2, {3, 4}};
  auto refused = [](const PartitionImage& partition) {
    auto good = topic(1);
    MetadataImage image;
    apply_record(TopicRecord{good.name, {good.topic.id, {partition}, {}}}, image);
    auto read_image = decode_metadata_image(encode(image));
    int corrupt = !read_image && read_image.error().code == Errc::corrupt ? 1 : 0;
    for (const MetadataRecord& record :
         {MetadataRecord(TopicRecord{good.name, {good.topic.id, {good.topic.partitions[0], partition}, {}}}),
          MetadataRecord(PartitionsRecord{good.topic.id, {good.topic.partitions[0], partition}}),
          MetadataRecord(PartitionRecord{good.topic.id, 0, partition})}) {
      auto read = decode_metadata_record(encode(record));
      if (!read && read.error().code == Errc::corrupt) ++corrupt;
    }
    return corrupt;
  };
  EXPECT_EQ(refused({{self, other}, {other}, {self}}), 0);
  EXPECT_EQ(refused({{}}), 4) << "no replicas";
  EXPECT_EQ(refused({{self, other, self}}), 4) << "one twice";
  EXPECT_EQ(refused({{self}, {other}}), 4) << "adds one that it does not have";
  EXPECT_EQ(refused({{self}, {}, {other}}), 4) << "removes one that it does not have";
  EXPECT_EQ(refused({{self}, {}, {self}}), 4) << "would keep none";
}

TEST(MetadataCodec, AnEntryOfAnAccessControlListThatNoneCanBeIsRefused) {
  EXPECT_TRUE(decode_metadata_record(encode(AclRecord{acl_of("t")})));
  auto bad = acl_of("t");
  bad.permission = AclPermission::any;
  EXPECT_EQ(decode_metadata_record(encode(AclRecord{bad})).error().code, Errc::corrupt);
}

TEST(MetadataCodec, StringsThatAreNoTextAreRefused) {
  auto bad = broker(3);
  EXPECT_TRUE(check_strings(bad));
  bad.image.rack = "\xff";
  EXPECT_EQ(check_strings(bad).error().code, Errc::invalid_argument);
  bad.image.rack = "\xc3";  // the bytes after it in the record do not complete it
  EXPECT_FALSE(check_strings(bad));
  auto named = topic(1);
  named.topic.configs["x"] = "\xe4";
  EXPECT_FALSE(check_strings(named));
}

// As written by a release without features.
TEST(MetadataCodec, ABrokerWithoutFeaturesIsReadInItsEarlierVersion) {
  auto bytes = encode(MetadataRecord(broker(1)));
  ASSERT_EQ(bytes[1], 1) << "the version";
  bytes[1] = 0;
  bytes.erase(bytes.size() - 3, 1);  // the count of features, before the tagged fields of image and record
  auto read = decode_metadata_record(bytes);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(to_text(*read), to_text(MetadataRecord(broker(1))));
}

TEST(MetadataCodec, AnImageComesBackFromItsSnapshot) {
  MetadataImage image;
  for (const MetadataRecord& record :
       std::vector<MetadataRecord>{ClusterRecord{"abc"},
                                   ClusterRecord{"another"},
                                   FeatureLevelRecord{"metadata.version", 3},
                                   FeatureLevelRecord{"a.version", 1},
                                   FeatureLevelRecord{"b.version", 1},
                                   FeatureLevelRecord{"b.version", 0},
                                   broker(1),
                                   broker(2),
                                   UnregisterRecord{2},
                                   broker(3),
                                   UnregisterRecord{3},
                                   BrokerRecord{3,
                                                {{5, 5},
                                                 plain_listener({"10.0.0.3", 9092}),
                                                 {"10.0.0.3", 9093},
                                                 {},
                                                 true,
                                                 true,
                                                 true,
                                                 {6, 6},
                                                 {{"metadata.version", 1, 3}}}},
                                   ControllerRecord{1, true},
                                   ControllerRecord{2, true},
                                   ControllerRecord{3, false},
                                   topic(1),
                                   topic(2),
                                   topic(3),
                                   PartitionsRecord{{9, 2}, partitions(9)},
                                   PartitionsRecord{{8, 8}, partitions(1)},
                                   PartitionRecord{{9, 3}, 1, {{self, {2, {3, 4}}}, {self}, {self}, {3, 4}}},
                                   DeleteTopicRecord{{9, 1}},
                                   DeleteTopicRecord{{9, 1}},
                                   ProducerIdsRecord{500},
                                   TopicConfigsRecord{{9, 2}, {{"retention.ms", "77"}}},
                                   TopicConfigsRecord{{8, 8}, {{"retention.ms", "78"}}},
                                   BrokerConfigsRecord{1, {{"log.retention.ms", "1"}}},
                                   BrokerConfigsRecord{1, {}},
                                   GroupConfigsRecord{"g", {{"consumer.session.timeout.ms", "50000"}}},
                                   GroupConfigsRecord{"h", {{"consumer.session.timeout.ms", "50000"}}},
                                   GroupConfigsRecord{"h", {}},
                                   ClientQuotaRecord{{{"user", "u"}}, {{"producer_byte_rate", 1}}},
                                   ClientQuotaRecord{{{"user", std::nullopt}}, {{"producer_byte_rate", 2}}},
                                   ClientQuotaRecord{{{"user", "u"}}, {}},
                                   AclRecord{acl_of("a")},
                                   AclRecord{acl_of("a")},
                                   AclRecord{acl_of("b")},
                                   RemoveAclRecord{acl_of("b")},
                                   RemoveAclRecord{acl_of("c")},
                                   ScramCredentialRecord{"alice", ScramMechanism::sha_256, {"s", "k", "l", 4096}},
                                   ScramCredentialRecord{"alice", ScramMechanism::sha_512, {"t", "m", "n", 8192}},
                                   ScramCredentialRecord{"bob", ScramMechanism::sha_256, {"u", "o", "p", 4096}},
                                   ScramCredentialRecord{"bob", ScramMechanism::sha_256, {}},
                                   ScramCredentialRecord{"carol", ScramMechanism::sha_256, {}},
                                   BrokerConfigsRecord{all_brokers, {{"log.retention.ms", "2"}}}})
    apply_record(record, image);
  image.offset = 10;
  EXPECT_EQ(image.cluster_id, "abc") << "the first one counts";
  EXPECT_EQ(image.features, (FeatureLevels{{"metadata.version", 3}, {"a.version", 1}}));
  EXPECT_EQ(image.controllers, (std::map<std::int32_t, bool>{{1, true}, {3, false}})) << "2 is no broker";
  EXPECT_EQ(image.configs_of_group("g"), (Properties{{"consumer.session.timeout.ms", "50000"}}));
  EXPECT_EQ(image.group_configs.size(), 1u) << "of h, nothing is set any more";
  EXPECT_EQ(image.client_quotas.size(), 1u) << "of u, nothing is set any more";
  EXPECT_EQ(*image.client_quotas.find(QuotaEntity{{"user", std::nullopt}}), (QuotaValues{{"producer_byte_rate", 2}}));
  EXPECT_EQ(image.acls.size(), 1u);
  EXPECT_TRUE(image.acls.contains(acl_of("a")));
  EXPECT_EQ(image.scram_users.size(), 1u) << "bob has nothing any more";
  EXPECT_EQ(image.scram_users.of("alice")->size(), 2u);
  EXPECT_EQ(*image.scram_users.find("alice", ScramMechanism::sha_512), (ScramCredential{"t", "m", "n", 8192}));
  EXPECT_EQ(image.topic("topic1"), nullptr);
  EXPECT_EQ(image.topic("topic2")->partition_count(), 12);
  EXPECT_EQ(image.next_producer_id, 500);
  EXPECT_EQ(image.brokers.size(), 2u);
  EXPECT_EQ(image.retired, (std::map<std::int32_t, Uuid>{{2, {1, 2}}, {3, {1, 2}}}));
  EXPECT_EQ(image.topic("topic2")->configs, (Properties{{"retention.ms", "77"}}));
  EXPECT_TRUE(image.configs_of(1).empty());
  EXPECT_EQ(image.configs_of(all_brokers), (Properties{{"log.retention.ms", "2"}}));
  auto again = decode_metadata_image(encode(image));
  ASSERT_TRUE(again.has_value()) << to_string(again.error());
  EXPECT_EQ(*again, image);
  EXPECT_EQ(encode(*again), encode(image));
}

TEST(MetadataCodec, AnImageThatIsCutOrOfAnotherVersionIsRefused) {
  MetadataImage image;
  apply_record(ClusterRecord{"abc"}, image);
  auto before = encode(image);
  apply_record(topic(1), image);
  auto bytes = encode(image);
  for (std::size_t size = before.size() + 1; size < bytes.size(); ++size)
    EXPECT_EQ(decode_metadata_image(std::string_view(bytes).substr(0, size)).error().code, Errc::corrupt) << size;
  bytes[1] = 2;
  EXPECT_EQ(decode_metadata_image(bytes).error().code, Errc::unsupported);
  EXPECT_EQ(decode_metadata_image(R"({"cluster_id":"abc"})").error().code, Errc::unsupported);
}

}  // namespace
}  // namespace fulmar
