// cleanup.policy=compact, as a client sees it: the last record of each key stays, at its offset.
#include <map>

#include "broker/log/log_manager.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/records/end_marker.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

using Configs = std::vector<CreateTopicsRequest::Topic::Config>;

const Properties eager{{"log.cleaner.backoff.ms", "100"}, {"log.retention.check.interval.ms", "500"}};

Configs compacted(const std::string& policy = "compact") {
  return {{"cleanup.policy", policy}, {"segment.bytes", "400"}, {"min.cleanable.dirty.ratio", "0.01"}};
}

Bytes keyed(const std::optional<std::string>& key, const std::optional<std::string>& value,
            Timestamp at = World::epoch_ms) {
  return build_batch({{key, value, at, {}}});
}

// Sends so many records, with that number of keys in turn.
void fill(Peer& peer, int records, int keys, Timestamp at = World::epoch_ms) {
  for (int i = 0; i < records; ++i)
    ASSERT_EQ(produce(peer, "t", 0, keyed("k" + std::to_string(i % keys), std::to_string(i), at)).error_code,
              ErrorCode::none);
}

std::map<Offset, std::string> all_values(Peer& peer) {
  std::map<Offset, std::string> found;
  for (Offset next = 0;;) {
    auto part = fetch(peer, {"t", 0, next});
    EXPECT_EQ(part.error_code, ErrorCode::none);
    auto bytes = part.records.flatten();
    if (bytes.empty()) return found;
    while (!bytes.empty()) {
      auto header = read_batch_header(bytes.view()).value();
      const auto records = read_records(bytes.slice(0, header.size()), 1 << 20).value();
      for (const auto& record : records) found[record.offset] = record.value ? record.value->view() : "(none)";
      next = header.next_offset();
      bytes = bytes.slice(header.size());
    }
  }
}

TEST(Compaction, KeepsTheLastRecordOfEachKeyAtItsOffsetAlsoAfterARestart) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    ASSERT_EQ(create_topic(peer, "t", 1, compacted()).error_code, ErrorCode::none);
    fill(peer, 100, 5);
    host.clock().sleep_for(seconds(5));
    auto values = all_values(peer);
    EXPECT_LT(values.size(), 15u) << "five that are clean, and what the last segment has";
    for (const auto& [offset, value] : values) EXPECT_EQ(value, std::to_string(offset));
    for (Offset last = 95; last < 100; ++last) EXPECT_TRUE(values.contains(last)) << last;
  });
  for (bool orderly : {false, true}) {
    cluster.restart(orderly);
    cluster.run([](Host& host) {
      Peer peer(host);
      auto values = all_values(peer);
      EXPECT_LT(values.size(), 15u);
      EXPECT_EQ(values.rbegin()->second, "99");
      EXPECT_EQ(fetch(peer, {"t", 0, 3}).error_code, ErrorCode::none) << "in a hole";
    });
  }
}

TEST(Compaction, ALogIsCleanedWhoseRecordsAreAcknowledgedBeforeTheyAreSynced) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    auto configs = compacted();
    configs.push_back({"flush.messages", "9223372036854775807"});
    ASSERT_EQ(create_topic(peer, "t", 1, configs).error_code, ErrorCode::none);
    fill(peer, 100, 5);
    host.clock().sleep_for(seconds(5));
    auto values = all_values(peer);
    EXPECT_LT(values.size(), 15u);
    EXPECT_EQ(values.rbegin()->second, "99");
  });
}

TEST(Compaction, ATombstoneGoesOnceItsTimeHasPassedAndItsKeyStaysAway) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    auto configs = compacted();
    configs.push_back({"delete.retention.ms", "20000"});
    ASSERT_EQ(create_topic(peer, "t", 1, configs).error_code, ErrorCode::none);
    produce(peer, "t", 0, keyed("gone", "for a while"));
    produce(peer, "t", 0, keyed("gone", std::nullopt));
    for (int part = 0; part < 3; ++part) {
      fill(peer, 40, 5);
      host.clock().sleep_for(seconds(5));
      auto values = all_values(peer);
      EXPECT_FALSE(values.contains(0));
      EXPECT_EQ(values.at(1), "(none)") << "after " << 5 * (part + 1) << " s";
    }
    host.clock().sleep_for(seconds(10));
    fill(peer, 40, 5);
    host.clock().sleep_for(seconds(5));
    auto values = all_values(peer);
    EXPECT_FALSE(values.contains(0) || values.contains(1));
    EXPECT_EQ(values.rbegin()->second, "39");
  });
}

// Two transactions of one producer, the first aborted, as a replica gets them from its leader.
void write_transactions(BrokerWorld& cluster) {
  cluster.stop();
  cluster.broker.start(1, [](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", {}, true).value();
    auto put = [&](const Bytes& batch, AppendOrigin origin) {
      auto header = *read_batch_header(batch.view());
      if (header.transactional()) origin.verified = log->producers().begin_verification(header, false, {});
      EXPECT_TRUE(log->append(header, batch, log->epochs().latest().value_or(0), origin).has_value());
    };
    auto of = [](std::int32_t sequence) {
      return BatchOptions{.producer_id = 7, .producer_epoch = 3, .base_sequence = sequence, .transactional = true};
    };
    put(build_batch({{"aborted", "no", World::epoch_ms, {}}}, of(0)), {});
    put(build_end_marker({false, 5}, 7, 3, World::epoch_ms), {.coordinator = true});
    put(build_batch({{"committed", "yes", World::epoch_ms, {}}}, of(1)), {});
    put(build_end_marker({true, 6}, 7, 3, World::epoch_ms), {.coordinator = true});
    EXPECT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
    EXPECT_TRUE(manager.close());
    return 0;
  });
  cluster.world.run_until([&] { return !cluster.broker.running(); }, cluster.world.now() + seconds(60));
  cluster.start(2);
  cluster.world.run_for(seconds(1));  // until the partition is open
}

void expect_known(Peer& peer) {
  DescribeProducersRequest request;
  request.topics.push_back({"t", {0}});
  auto response = peer.call<DescribeProducersResponse>(request, 0);
  const auto& producers = response.topics.at(0).partitions.at(0).active_producers;
  ASSERT_EQ(producers.size(), 1u);
  EXPECT_EQ(producers[0].producer_id, 7);
  EXPECT_EQ(producers[0].producer_epoch, 3);
  EXPECT_EQ(producers[0].last_sequence, 1);
  EXPECT_EQ(producers[0].coordinator_epoch, 6);
  EXPECT_EQ(producers[0].current_txn_start_offset, -1);
}

TEST(Compaction, MarkersGoButTheLastOfAProducerAndReadersOfCommittedRecordsGetTheSame) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    auto configs = compacted();
    configs.push_back({"delete.retention.ms", "1000"});
    ASSERT_EQ(create_topic(peer, "t", 1, configs).error_code, ErrorCode::none);
  });
  write_transactions(cluster);
  auto expect_read = [](Peer& peer, std::size_t markers, std::size_t aborted) {
    auto request = fetch_request({{"t", 0, 0}});
    request.isolation_level = 1;
    auto part = peer.call<FetchResponse>(request, fetch_version).topics.at(0).partitions.at(0);
    ASSERT_TRUE(part.aborted_transactions.has_value());
    EXPECT_EQ(part.aborted_transactions->size(), aborted);
    std::size_t found = 0, others = 0;
    for (auto bytes = part.records.flatten(); !bytes.empty();) {
      auto header = read_batch_header(bytes.view()).value();
      found += header.control();
      others += header.transactional() && !header.control();
      bytes = bytes.slice(header.size());
    }
    EXPECT_EQ(found, markers);
    EXPECT_EQ(others, aborted > 0 ? 2u : 0u);
  };
  cluster.run([&](Host& host) {
    Peer peer(host);
    expect_known(peer);
    expect_read(peer, 2, 1);
    for (int part = 0; part < 3; ++part) {
      fill(peer, 40, 5);
      host.clock().sleep_for(seconds(5));
    }
    expect_read(peer, 1, 0);
    auto values = all_values(peer);
    EXPECT_EQ(values.at(2), "yes");
    EXPECT_FALSE(values.contains(0) || values.contains(1));
    expect_known(peer);
  });
  for (bool orderly : {false, true}) {
    cluster.restart(orderly);
    cluster.run([&](Host& host) {
      Peer peer(host);
      expect_known(peer);
      EXPECT_EQ(all_values(peer).at(2), "yes");
    });
  }
}

TEST(Compaction, IsOffWhereTheBrokerOrTheTopicSaysSo) {
  for (const auto& [properties, policy] :
       {std::pair<Properties, std::string>{{}, "delete"}, {{{"log.cleaner.enable", "false"}}, "compact"}}) {
    auto all = eager;
    for (const auto& [name, value] : properties) all[name] = value;
    BrokerWorld cluster(all);
    cluster.run([&](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 1, compacted(policy));
      fill(peer, 50, 5, host.clock().wall_ms());
      host.clock().sleep_for(seconds(5));
      EXPECT_EQ(all_values(peer).size(), 50u);
    });
  }
}

TEST(Compaction, KeepsToItsRate) {
  auto slow = eager;
  slow["log.cleaner.io.max.bytes.per.second"] = "2000";  // for two shards
  BrokerWorld cluster(slow);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, compacted());
    for (int i = 0; i < 200; ++i) produce(peer, "t", 0, keyed("k", std::string(100, 'x')));
    // 32 kB have to be read twice.
    host.clock().sleep_for(seconds(20));
    EXPECT_GT(all_values(peer).size(), 150u);
    host.clock().sleep_for(seconds(100));
    EXPECT_LT(all_values(peer).size(), 10u);
  });
}

TEST(Compaction, RetentionAppliesOnlyWherePolicyHasDeleteToo) {
  for (bool deletes : {false, true}) {
    BrokerWorld cluster(eager);
    cluster.run([&](Host& host) {
      Peer peer(host);
      auto configs = compacted(deletes ? "compact,delete" : "compact");
      configs.push_back({"retention.ms", "10000"});
      configs.push_back({"min.compaction.lag.ms", "100000000"});
      create_topic(peer, "t", 1, configs);
      fill(peer, 50, 5, host.clock().wall_ms());
      host.clock().sleep_for(seconds(5));
      EXPECT_EQ(all_values(peer).size(), 50u);
      host.clock().sleep_for(seconds(10));
      auto begins = fetch(peer, {"t", 0, 50}).log_start_offset;
      EXPECT_EQ(begins > 0, deletes) << begins;
    });
  }
}

TEST(Compaction, ARecordWithoutAKeyIsRefusedByItsPlaceInTheBatch) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, compacted());
    std::vector<Record> records;
    for (bool has_key : {true, false, true, false})
      records.push_back({has_key ? std::optional<std::string>("k") : std::nullopt, "v", World::epoch_ms, {}});
    auto answer = produce(peer, "t", 0, build_batch(records, {.codec = Compression::gzip}));
    EXPECT_EQ(answer.error_code, ErrorCode::invalid_record);
    ASSERT_EQ(answer.record_errors.size(), 2u);
    EXPECT_EQ(answer.record_errors[0].batch_index, 1);
    EXPECT_EQ(answer.record_errors[1].batch_index, 3);
    EXPECT_EQ(produce(peer, "t", 0, keyed("", "an empty key is one")).error_code, ErrorCode::none);
  });
}

TEST(Compaction, RecordsAreDeletedUpToAnOffsetOnlyWherePolicyHasDelete) {
  BrokerWorld cluster(eager);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, compacted());
    create_topic(peer, "both", 1, compacted("delete,compact"));
    produce(peer, "t", 0, keyed("k", "v"));
    produce(peer, "both", 0, keyed("k", "v"));
    auto remove = [&](const std::string& topic) {
      DeleteRecordsRequest request;
      request.topics.push_back({topic, {{0, 1}}});
      return peer.call<DeleteRecordsResponse>(request, 2).topics.at(0).partitions.at(0).error_code;
    };
    EXPECT_EQ(remove("t"), ErrorCode::policy_violation);
    EXPECT_EQ(remove("both"), ErrorCode::none);
  });
}

}  // namespace
}  // namespace fulmar
