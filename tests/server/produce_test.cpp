// Produce: acknowledged records are there, byte for byte, and once; refusals have Kafka's reason.
#include "broker_test_kit.h"

namespace fulmar {
namespace {

BatchOptions by_producer(ProducerId id, std::int32_t sequence, std::int16_t epoch = 0) {
  BatchOptions options;
  options.producer_id = id;
  options.producer_epoch = epoch;
  options.base_sequence = sequence;
  return options;
}

TEST(Produce, BatchesComeBackVerbatimFromWhicheverShardOwnsThePartition) {
  for (unsigned shards : {1u, 3u}) {
    BrokerWorld cluster({}, shards);
    cluster.run([&](Host& host) {
      Peer peer(host);
      ASSERT_EQ(create_topic(peer, "t", 8).error_code, ErrorCode::none);
      for (std::int32_t partition = 0; partition < 8; ++partition) {
        for (auto codec :
             {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
          BatchOptions options;
          options.codec = codec;
          auto batch = batch_of(3, std::string(500, static_cast<char>('a' + partition)), options);
          auto answer = produce(peer, "t", partition, batch);
          ASSERT_EQ(answer.error_code, ErrorCode::none) << answer.error_message.value_or("");
          auto read = fetch(peer, {"t", partition, answer.base_offset}).records.flatten();
          ASSERT_EQ(read.size(), batch.size());
          // Everything but the base offset and the leader epoch, which the CRC does not cover.
          EXPECT_EQ(read.view().substr(16), batch.view().substr(16));
          EXPECT_EQ(read_batch_header(read.view())->base_offset, answer.base_offset);
        }
      }
    });
  }
}

TEST(Produce, ManyPartitionsInOneRequestAreEachAnsweredInTheirPlace) {
  BrokerWorld cluster({}, 3);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "a", 5);
    create_topic(peer, "b", 5);
    ProduceRequest request = produce_request("a", 4, batch_of(1, "a4"));
    request.topics[0].partitions.push_back({99, ByteChain(batch_of(1, "nowhere"))});
    request.topics[0].partitions.push_back({0, ByteChain(batch_of(2, "a0"))});
    request.topics.push_back({"b", {{1, ByteChain(batch_of(1, "b1"))}}});
    request.topics.push_back({"none", {{0, ByteChain(batch_of(1, "none"))}}});
    auto response = peer.call<ProduceResponse>(request, produce_version);
    ASSERT_EQ(response.topics.size(), 3u);
    ASSERT_EQ(response.topics[0].partitions.size(), 3u);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
    EXPECT_EQ(response.topics[0].partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(response.topics[0].partitions[1].index, 99);
    EXPECT_EQ(response.topics[0].partitions[1].base_offset, -1);
    EXPECT_EQ(response.topics[0].partitions[2].error_code, ErrorCode::none);
    EXPECT_EQ(response.topics[1].partitions[0].error_code, ErrorCode::none);
    EXPECT_EQ(response.topics[2].partitions[0].error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(values_of(fetch(peer, {"a", 0}).records), (std::vector<std::string>{"a0", "a0"}));
    EXPECT_EQ(values_of(fetch(peer, {"b", 1}).records), (std::vector<std::string>{"b1"}));
  });
}

TEST(Produce, WithAcksZeroThereIsNoAnswerAndTheRecordsArrive) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    for (int i = 0; i < 5; ++i) peer.send(produce_request("t", 0, batch_of(1, std::to_string(i)), 0), produce_version);
    // The next response is the fetch's: no produce had one.
    auto read = fetch(peer, {"t"}, 1000, 5 * 69);
    EXPECT_EQ(values_of(read.records), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  });
}

TEST(Produce, WithAcksZeroAFailureEndsTheConnection) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    peer.send(produce_request("nowhere", 0, batch_of(1, "x"), 0), produce_version);
    EXPECT_TRUE(peer.is_closed());
  });
}

TEST(Produce, WhatIsWrongIsRefusedWithKafkasReasonAndChangesNothing) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"max.message.bytes", "1000"}});
    auto damaged_bytes = std::string(batch_of(1, "x").view());
    damaged_bytes.back() ^= 1;
    auto old_magic = std::string(batch_of(1, "x").view());
    old_magic[16] = 1;
    BatchOptions transactional = by_producer(7, 0);
    transactional.transactional = true;
    BatchOptions control = by_producer(7, 0);
    control.control = true;
    struct {
      Bytes batch;
      std::int16_t acks;
      ErrorCode expected;
    } cases[] = {
        {batch_of(1, std::string(2000, 'x')), -1, ErrorCode::message_too_large},
        {Bytes::copy_of(damaged_bytes), -1, ErrorCode::corrupt_message},
        {batch_of(1, "x").slice(0, 40), -1, ErrorCode::invalid_record},
        {batch_of(1, "x"), 2, ErrorCode::invalid_required_acks},
        {batch_of(1, "x"), -2, ErrorCode::invalid_required_acks},
    };
    for (auto& one : cases) EXPECT_EQ(produce(peer, "t", 0, one.batch, one.acks).error_code, one.expected);
    EXPECT_NE(produce(peer, "t", 0, Bytes::copy_of(old_magic)).error_code, ErrorCode::none);
    EXPECT_NE(produce(peer, "t", 0, batch_of(1, "x", transactional)).error_code, ErrorCode::none);
    EXPECT_NE(produce(peer, "t", 0, batch_of(1, "x", control)).error_code, ErrorCode::none);
    EXPECT_NE(produce(peer, "t", 0, Bytes()).error_code, ErrorCode::none);
    EXPECT_EQ(fetch(peer, {"t"}).high_watermark, 0);
  });
}

TEST(Produce, AnIdempotentProducersRepetitionsAreWrittenOnceAndGapsRefused) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto me = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
    ASSERT_EQ(me.error_code, ErrorCode::none);
    for (std::int32_t i = 0; i < 8; ++i)
      ASSERT_EQ(produce(peer, "t", 0, batch_of(1, std::to_string(i), by_producer(me.producer_id, i))).base_offset, i);
    // One of the last five batches is recognised, and answered as the first time.
    for (std::int32_t i = 3; i < 8; ++i) {
      auto again = produce(peer, "t", 0, batch_of(1, std::to_string(i), by_producer(me.producer_id, i)));
      EXPECT_EQ(again.error_code, ErrorCode::none);
      EXPECT_EQ(again.base_offset, i);
    }
    auto gap = produce(peer, "t", 0, batch_of(1, "x", by_producer(me.producer_id, 9)));
    EXPECT_EQ(gap.error_code, ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(fetch(peer, {"t"}).high_watermark, 8);
  });
}

TEST(Produce, PipelinedBatchesOfOneProducerAreAppendedInTheirOrder) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 3);
      auto me = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4);
      std::vector<std::int32_t> ids;
      for (std::int32_t i = 0; i < 40; ++i)
        ids.push_back(
            peer.send(produce_request("t", i % 3, batch_of(1, std::to_string(i), by_producer(me.producer_id, i / 3))),
                      produce_version));
      for (std::int32_t i = 0; i < 40; ++i) {
        auto answer = peer.receive<ProduceResponse>(ids[static_cast<std::size_t>(i)], produce_version);
        ASSERT_EQ(answer.topics[0].partitions[0].error_code, ErrorCode::none) << "seed " << seed;
        ASSERT_EQ(answer.topics[0].partitions[0].base_offset, i / 3);
      }
    });
  }
}

// As with Kafka: with flush.messages=1, the default here, every append is synced; any larger number leaves that to the
// operating system, for acks=1 as for acks=all.
TEST(Produce, OnlyWhatIsToBeSyncedWaitsForTheDisk) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "synced", 1);
    create_topic(peer, "cached", 1, {{"flush.messages", "9223372036854775807"}});
    auto& disk = cluster.broker.disk();
    auto slow = disk.faults();
    slow.slow_factor = 2'000;  // a sync takes 200 ms at least, a write to the page cache at most
    disk.set_faults(slow);
    for (std::int16_t acks : {1, -1}) {
      SCOPED_TRACE("acks=" + std::to_string(acks));
      auto took = [&](const std::string& topic) {
        auto request = produce_request(topic, 0, batch_of(1, "x"));
        request.acks = acks;
        request.timeout_ms = 1;
        auto begun = host.clock().now();
        auto response = peer.call<ProduceResponse>(request, produce_version);
        EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none) << topic;
        return host.clock().now() - begun;
      };
      EXPECT_LE(took("cached"), milliseconds(205));
      EXPECT_GE(took("synced"), milliseconds(200)) << "the request's timeout is for other replicas, not for this disk";
    }
  });
}

TEST(Produce, AcknowledgedRecordsSurviveAPowerLossOneByOne) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerWorld cluster({}, 2, seed);
    int acknowledged = 0;
    cluster.client.start(1, [&](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 1);
      for (;;) {
        auto id = peer.send(produce_request("t", 0, batch_of(1, std::to_string(acknowledged))), produce_version);
        auto frame = peer.frame();
        if (frame.empty()) return 0;
        Reader reader(frame);
        EXPECT_EQ(read_response_header(reader, ApiKey::produce, produce_version), id);
        EXPECT_EQ(decode<ProduceResponse>(reader, produce_version)->topics[0].partitions[0].error_code,
                  ErrorCode::none);
        ++acknowledged;
      }
    });
    cluster.world.run_for(milliseconds(20 + static_cast<std::int64_t>(seed) * 13));
    cluster.client.kill();
    cluster.restart(false);
    cluster.run([&](Host& host) {
      Peer peer(host);
      if (acknowledged == 0) return;
      auto values = values_of(fetch(peer, {"t"}).records);
      ASSERT_GE(values.size(), static_cast<std::size_t>(acknowledged)) << "seed " << seed;
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], std::to_string(i));
    });
  }
}

}  // namespace
}  // namespace fulmar
