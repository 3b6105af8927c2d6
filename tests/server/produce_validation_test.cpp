// What a broker stores of producers' batches, and that validation delays nobody.
#include "broker/server/shard/produce_validation.h"

#include "broker_test_kit.h"
#include "runtime/fiber/scheduler.h"

namespace fulmar {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

Bytes batch_at(std::vector<Timestamp> timestamps, BatchOptions options = {}) {
  std::vector<Record> records;
  for (auto timestamp : timestamps) records.push_back({std::nullopt, "x", timestamp, {}});
  return build_batch(records, options);
}

// The batch with another largest timestamp and timestamp type in its header, and a matching CRC.
Bytes claiming(const Bytes& batch, Timestamp max_timestamp, bool log_append_time = false) {
  std::string bytes(batch.view());
  auto header = *read_batch_header(bytes);
  header.max_timestamp = max_timestamp;
  if (log_append_time) header.attributes |= 0x08;
  header.crc = crc32c(std::string_view(bytes).substr(batch_header_size), header_crc(header));
  write_batch_header(bytes.data(), header);
  return Bytes::copy_of(bytes);
}

// A batch that is small, and decompresses to `bytes`.
Bytes large_when_unpacked(std::size_t bytes, BatchOptions options = {}) {
  options.codec = Compression::zstd;
  return build_batch({{std::nullopt, std::string(bytes, '\0'), World::epoch_ms, {}}}, options);
}

BatchHeader stored_header(Peer& peer, const std::string& topic, Offset offset) {
  auto bytes = fetch(peer, {topic, 0, offset}).records.flatten();
  EXPECT_TRUE(are_intact_batches(bytes.view()));
  return *read_batch_header(bytes.view());
}

TEST(ProducedHeaders, AreStoredAsTheRecordsMakeThem) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    create_topic(peer, "stamped", 1, {{"message.timestamp.type", "LogAppendTime"}});
    auto now = World::epoch_ms;
    for (auto codec : {Compression::none, Compression::lz4}) {
      auto honest = batch_at({now, now + 10, now + 5}, {.codec = codec});
      for (Timestamp claimed : {Timestamp{-1}, Timestamp{0}, now + 500'000}) {
        auto offset = produce(peer, "t", 0, claiming(honest, claimed, claimed == 0)).base_offset;
        auto stored = stored_header(peer, "t", offset);
        EXPECT_EQ(stored.max_timestamp, now + 10);
        EXPECT_FALSE(stored.log_append_time());
      }
    }
    auto answer = produce(peer, "stamped", 0, batch_at({now * 1000}));
    EXPECT_EQ(answer.error_code, ErrorCode::none);
    EXPECT_TRUE(stored_header(peer, "stamped", 0).log_append_time());
    EXPECT_EQ(stored_header(peer, "stamped", 0).max_timestamp, answer.log_append_time_ms);
    auto refused = produce(peer, "stamped", 0, claiming(batch_at({now, now}), now, true));
    EXPECT_EQ(refused.error_code, ErrorCode::invalid_timestamp);
    EXPECT_EQ(refused.record_errors.size(), 2u);
  });
}

TEST(ProducedTimestamps, AreHeldAgainstTheTopicsLimitsOrElseTheBrokers) {
  BrokerWorld cluster(Properties{{"log.message.timestamp.before.max.ms", "1000000"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "broker", 1);
    create_topic(peer, "topic", 1,
                 {{"message.timestamp.before.max.ms", "9223372036854775807"}, {"message.timestamp.after.max.ms", "0"}});
    auto now = World::epoch_ms;  // or up to a minute later
    auto refused = produce(peer, "broker", 0, batch_at({now, now + 2 * hour_ms, now * 1000, now - 2'000'000}));
    EXPECT_EQ(refused.error_code, ErrorCode::invalid_timestamp);
    ASSERT_EQ(refused.record_errors.size(), 3u);
    EXPECT_EQ(refused.record_errors[0].batch_index, 1);
    EXPECT_EQ(refused.record_errors[2].batch_index, 3);
    EXPECT_TRUE(refused.record_errors[0].message.has_value());
    EXPECT_TRUE(refused.error_message.has_value());
    EXPECT_EQ(produce(peer, "broker", 0, batch_at({now + hour_ms - 60'000, now - 900'000})).error_code,
              ErrorCode::none);
    EXPECT_EQ(produce(peer, "topic", 0, batch_at({1})).error_code, ErrorCode::none);
    EXPECT_EQ(produce(peer, "topic", 0, batch_at({now + 120'000})).error_code, ErrorCode::invalid_timestamp);
    EXPECT_EQ(fetch(peer, {"topic"}).high_watermark, 1);
  });
}

TEST(ProducedTimestamps, ThatAreRefusedMakeNoAnswerWithoutBounds) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto wrong = batch_at(std::vector<Timestamp>(200, World::epoch_ms * 1000));
    auto request = produce_request("t", 0, wrong);
    for (int i = 1; i < 50; ++i) request.topics[0].partitions.push_back({0, ByteChain(wrong)});
    auto response = peer.call<ProduceResponse>(request, produce_version);
    std::size_t errors = 0;
    for (const auto& partition : response.topics[0].partitions) {
      EXPECT_EQ(partition.error_code, ErrorCode::invalid_timestamp);
      errors += partition.record_errors.size();
    }
    EXPECT_EQ(errors, 1000u);
  });
}

TEST(ProducedCodecs, ZstdNeedsVersionSeven) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto batch = batch_of(1, "x", {.codec = Compression::zstd});
    for (std::int16_t version : {3, 6, 7, 9}) {
      auto response = peer.call<ProduceResponse>(produce_request("t", 0, batch), version);
      EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code,
                version < 7 ? ErrorCode::unsupported_compression_type : ErrorCode::none);
    }
  });
}

// Only for a topic that recompresses is it known to have nothing else (KIP-110).
TEST(ProducedCodecs, ZstdTopicsNeedFetchVersionTen) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "zstd", 1, {{"compression.type", "zstd"}});
    create_topic(peer, "any", 1);
    for (const auto* topic : {"zstd", "any"}) {
      produce(peer, topic, 0, batch_of(1, "x", {.codec = Compression::zstd}));
      for (std::int16_t version : {4, 9, 10, 12}) {
        auto response = peer.call<FetchResponse>(fetch_request({{topic}}), version);
        const auto& part = response.topics.at(0).partitions.at(0);
        bool refused = version < 10 && std::string(topic) == "zstd";
        EXPECT_EQ(part.error_code, refused ? ErrorCode::unsupported_compression_type : ErrorCode::none) << version;
        EXPECT_EQ(part.records.size() == 0, refused);
      }
    }
  });
}

TEST(ProducedBatches, ThatFitInNoSegmentAreRefused) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"segment.bytes", "1048576"}, {"max.message.bytes", "10000000"}});
    EXPECT_EQ(produce(peer, "t", 0, batch_of(1, std::string(1'048'576, 'x'))).error_code,
              ErrorCode::record_list_too_large);
    EXPECT_EQ(produce(peer, "t", 0, batch_of(1, std::string(1'048'000, 'x'))).error_code, ErrorCode::none);
  });
}

TEST(ProducedCodecs, AreWhatTheTopicWants) {
  BrokerWorld cluster(Properties{{"compression.type", "zstd"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    const std::pair<const char*, Compression> types[] = {{"uncompressed", Compression::none},
                                                         {"gzip", Compression::gzip},
                                                         {"snappy", Compression::snappy},
                                                         {"lz4", Compression::lz4},
                                                         {"zstd", Compression::zstd}};
    create_topic(peer, "inherits", 1);
    create_topic(peer, "keeps", 1, {{"compression.type", "producer"}});
    for (const auto& [type, wanted] : types) {
      create_topic(peer, type, 1, {{"compression.type", type}});
      for (const auto& [other, sent] : types) {
        auto me = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
        auto batch = batch_of(300, std::string(200, 'x') + type,
                              {.codec = sent, .producer_id = me.producer_id, .producer_epoch = 0, .base_sequence = 0});
        auto answer = produce(peer, type, 0, batch);
        ASSERT_EQ(answer.error_code, ErrorCode::none) << answer.error_message.value_or("");
        EXPECT_EQ(produce(peer, type, 0, batch).base_offset, answer.base_offset) << "a duplicate, as before";
        auto read = fetch(peer, {type, 0, answer.base_offset}).records;
        EXPECT_EQ(values_of(read), values_of(ByteChain(batch)));
        auto header = stored_header(peer, type, answer.base_offset);
        EXPECT_EQ(header.codec(), wanted) << other << " for " << type;
        EXPECT_EQ(header.max_timestamp, read_batch_header(batch.view())->max_timestamp);
        if (sent == wanted) {
          EXPECT_EQ(read.flatten().view().substr(16), batch.view().substr(16));
        }
        auto kept = produce(peer, "keeps", 0, batch_of(3, "x", {.codec = sent}));
        EXPECT_EQ(stored_header(peer, "keeps", kept.base_offset).codec(), sent);
        auto inherited = produce(peer, "inherits", 0, batch_of(3, "x", {.codec = sent}));
        EXPECT_EQ(stored_header(peer, "inherits", inherited.base_offset).codec(), Compression::zstd);
      }
    }
  });
}

TEST(ProducedCodecs, ThatMakeABatchTooLargeAreRefused) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"compression.type", "uncompressed"}, {"max.message.bytes", "100000"}});
    EXPECT_EQ(produce(peer, "t", 0, large_when_unpacked(90'000)).error_code, ErrorCode::none);
    EXPECT_EQ(produce(peer, "t", 0, large_when_unpacked(99'970)).error_code, ErrorCode::message_too_large);
    EXPECT_EQ(produce(peer, "t", 0, large_when_unpacked(10'000'000)).error_code, ErrorCode::message_too_large);
    EXPECT_EQ(fetch(peer, {"t"}).high_watermark, 1);
    EXPECT_EQ(create_topic(peer, "u", 1, {{"compression.gzip.level", "10"}}).error_code, ErrorCode::invalid_config);
  });
}

TEST(ProduceByTopicId, NeedsNoNameAndSaysWhichIdIsNobodys) {
  BrokerWorld cluster({}, 3);
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto id = create_topic(peer, "t", 2).topic_id;
    ProduceRequest request = produce_request("", 1, batch_of(1, "x"));
    request.topics[0].topic_id = id;
    request.topics[0].partitions.push_back({7, ByteChain(batch_of(1, "nowhere"))});
    request.topics.push_back({"", {{0, ByteChain(batch_of(1, "nobody's"))}}, Uuid{1, 2}});
    auto response = peer.call<ProduceResponse>(request, 13);
    ASSERT_EQ(response.topics.size(), 2u);
    EXPECT_EQ(response.topics[0].topic_id, id);
    EXPECT_EQ(response.topics[0].partitions.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(response.topics[0].partitions.at(1).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(response.topics[1].topic_id, (Uuid{1, 2}));
    EXPECT_EQ(response.topics[1].partitions.at(0).error_code, ErrorCode::unknown_topic_id);
    EXPECT_EQ(values_of(fetch(peer, {"t", 1}).records), (std::vector<std::string>{"x"}));
  });
}

TEST(ProduceTimeout, IsForOtherReplicasAndNotForThisOnesDisk) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    for (std::int16_t acks : {1, -1}) {
      for (std::int32_t timeout_ms : {0, -5}) {
        auto request = produce_request("t", 0, batch_of(1, "x"), acks);
        request.timeout_ms = timeout_ms;
        auto response = peer.call<ProduceResponse>(request, produce_version);
        EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
      }
    }
  });
}

TEST(Validation, OfLargeBatchesTakesTurnsWithTheOtherWorkOfTheShard) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    constexpr std::size_t plain = 8 << 20;
    constexpr int batches = 5;
    auto batch = large_when_unpacked(plain);
    ASSERT_LT(batch.size(), 10'000u);
    ValidationBudget budget;
    int validated = 0;
    FiberGroup fibers;
    for (int i = 0; i < batches; ++i)
      fibers.spawn("validate", [&] {
        ProduceConfig topic;
        EXPECT_TRUE(validate_in_slices(budget, host.clock(), batch, topic, 9, false).has_value());
        ++validated;
      });
    // A fiber that only counts how often it runs.
    std::size_t turns = 0;
    auto done = [&] { return validated == batches; };
    for (; !done(); ++turns) Scheduler::current().yield();
    // The simulated scheduler draws among ready fibers, of which this is one of up to six.
    EXPECT_GE(turns, batches * plain / decompression_step_bytes / 10);
    fibers.join();
  });
}

TEST(Validation, OfBatchesThatNeedMuchMemoryWaitsForIt) {
  BrokerWorld cluster;
  cluster.run([&](Host&) {
    ValidationBudget budget;
    auto most = budget.memory(std::size_t{100} << 20);
    bool large_served = false;
    FiberGroup fibers;
    fibers.spawn("large", [&] {
      auto units = budget.memory(std::size_t{100} << 20);
      large_served = true;
    });
    auto small = budget.memory(std::size_t{1} << 20);  // does not wait for the large one
    for (int i = 0; i < 10; ++i) Scheduler::current().yield();
    EXPECT_FALSE(large_served);
    most = SemaphoreUnits();
    fibers.join();
    EXPECT_TRUE(large_served);
    auto beyond = budget.memory(std::size_t{1} << 40);  // more than the budget: alone
  });
}

TEST(Validation, HoweverLongItTakesLeavesAConnectionsBatchesInTheirOrder) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      Peer peer(host);
      Peer other(host);
      create_topic(peer, "t", 3);
      auto me = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
      std::vector<std::int32_t> ids;
      constexpr std::int32_t requests = 30;
      for (std::int32_t i = 0; i < requests; ++i) {
        BatchOptions options;
        options.producer_id = me.producer_id;
        options.producer_epoch = 0;
        options.base_sequence = i / 3;
        auto batch = i % 2 ? batch_of(1, "x", options) : large_when_unpacked(1 << 20, options);
        ids.push_back(peer.send(produce_request("t", i % 3, batch), produce_version));
        other.send(produce_request("t", i % 3, large_when_unpacked(4 << 20), 0), produce_version);
      }
      for (std::int32_t i = 0; i < requests; ++i) {
        auto answer = peer.receive<ProduceResponse>(ids[static_cast<std::size_t>(i)], produce_version);
        ASSERT_EQ(answer.topics[0].partitions[0].error_code, ErrorCode::none) << "seed " << seed << " request " << i;
      }
    });
  }
}

}  // namespace
}  // namespace fulmar
