// Client quotas: set by AlterClientQuotas, shown by DescribeClientQuotas, and kept to.
#include "broker/protocol/messages/client_quotas.h"

#include "broker/server/shard/quota_meters.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

using Op = AlterClientQuotasRequest::Op;
using Entity = std::vector<QuotaEntityPart>;
using Match = DescribeClientQuotasRequest::Match;

const Entity anonymous{{"user", "ANONYMOUS"}};
const Entity every_client{{"client-id", std::nullopt}};
constexpr int batch_bytes = 10'000;

ErrorCode alter(Peer& peer, const Entity& entity, std::vector<Op> ops, bool validate_only = false) {
  AlterClientQuotasRequest request;
  request.entries.push_back({entity, std::move(ops)});
  request.validate_only = validate_only;
  auto response = peer.call<AlterClientQuotasResponse>(request, 1);
  EXPECT_EQ(response.entries.size(), 1u);
  return response.entries.at(0).error_code;
}

std::map<std::string, double> described(Peer& peer, const Entity& entity) {
  DescribeClientQuotasRequest request;
  for (const auto& part : entity)
    request.components.push_back(
        {part.entity_type, part.entity_name ? Match::exact : Match::default_name, part.entity_name});
  request.strict = true;
  auto response = peer.call<DescribeClientQuotasResponse>(request, 1);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  std::map<std::string, double> values;
  for (const auto& entry : response.entries.value())
    for (const auto& value : entry.values) values[value.key] = value.value;
  return values;
}

void create(Peer& peer, const std::string& topic, std::int32_t partitions = 1) {
  CreateTopicsRequest request;
  request.timeout_ms = 10'000;
  auto& asked = request.topics.emplace_back();
  asked.name = topic;
  asked.num_partitions = partitions;
  asked.replication_factor = 1;
  ASSERT_EQ(peer.call<CreateTopicsResponse>(request, 7).topics.at(0).error_code, ErrorCode::none);
}

std::int32_t throttled_produce(Peer& peer, int bytes = batch_bytes) {
  auto response = peer.call<ProduceResponse>(
      produce_request("t", 0, batch_of(1, std::string(static_cast<std::size_t>(bytes), 'x'))), produce_version);
  EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
  return response.throttle_time_ms;
}

// Of one record each.
Offset batches_in(const ByteChain& records) {
  auto bytes = records.flatten();
  auto left = bytes.view();
  Offset batches = 0;
  for (; !left.empty(); ++batches) left.remove_prefix(read_batch_header(left).value().size());
  return batches;
}

TEST(ClientQuotaRequests, AreKeptShownAndRemoved) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(alter(peer, anonymous, {{"producer_byte_rate", 1000}, {"consumer_byte_rate", 2000}}), ErrorCode::none);
    EXPECT_EQ(described(peer, anonymous),
              (std::map<std::string, double>{{"consumer_byte_rate", 2000}, {"producer_byte_rate", 1000}}));
    EXPECT_EQ(described(peer, every_client), (std::map<std::string, double>{}));
    EXPECT_EQ(alter(peer, anonymous, {{"producer_byte_rate", 5}}, true), ErrorCode::none);
    EXPECT_EQ(described(peer, anonymous)["producer_byte_rate"], 1000) << "it was only checked";
    EXPECT_EQ(alter(peer, anonymous, {{"producer_byte_rate", 0, true}}), ErrorCode::none);
    EXPECT_EQ(described(peer, anonymous), (std::map<std::string, double>{{"consumer_byte_rate", 2000}}));
    EXPECT_EQ(alter(peer, anonymous, {{"producer_byte_rate", 7}, {"no_such_rate", 7}}), ErrorCode::invalid_request);
    EXPECT_EQ(described(peer, anonymous), (std::map<std::string, double>{{"consumer_byte_rate", 2000}}))
        << "an entity is changed as a whole or not at all";
    EXPECT_EQ(alter(peer, {{"user", "a\xff"}}, {{"producer_byte_rate", 7}}), ErrorCode::invalid_request) << "no UTF-8";
  });
  world.restart(false);
  world.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(described(peer, anonymous), (std::map<std::string, double>{{"consumer_byte_rate", 2000}}));
    EXPECT_EQ(alter(peer, anonymous, {{"consumer_byte_rate", 0, true}}), ErrorCode::none);
    EXPECT_EQ(described(peer, anonymous), (std::map<std::string, double>{}));
  });
}

// Of a rate of 10,000 bytes a second ten seconds' worth may come at once, and afterwards what the rate allows: each
// response comes at once and says how long the connection is held back, which it is, whatever its client does.
TEST(ClientQuotas, AProducerIsHeldBackToItsRate) {
  BrokerWorld world({}, 3);
  world.run([](Host& host) {
    Peer peer(host);
    create(peer, "t");
    ASSERT_EQ(throttled_produce(peer), 0);
    ASSERT_EQ(alter(peer, anonymous, {{"producer_byte_rate", batch_bytes}}), ErrorCode::none);
    const auto begun = host.clock().now();
    std::int32_t said = 0;
    int sent = 0;
    for (; sent < 30; ++sent) {
      auto asked = host.clock().now();
      auto before = said;
      said = throttled_produce(peer);
      EXPECT_GE(host.clock().now() - asked, milliseconds(before) - milliseconds(1)) << "held back after batch " << sent;
      EXPECT_TRUE(said == 0 || sent >= 8) << "the windows had room";
    }
    const auto took = host.clock().now() - begun;
    EXPECT_GT(took, seconds(17));
    EXPECT_LT(took, seconds(28)) << "and no more than that, but for samples that expire as a whole";
    // Others are not: of a fetch there is no quota, and a second connection of the same client shares its limit.
    Peer other(host);
    EXPECT_GT(throttled_produce(other, 15 * batch_bytes), 0);
    ASSERT_EQ(alter(peer, anonymous, {{"producer_byte_rate", 0, true}}), ErrorCode::none);
    Peer third(host);
    EXPECT_EQ(throttled_produce(third), 0);
  });
}

TEST(ClientQuotas, AConnectionThatIsHeldBackStillEnds) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer admin(host);
    create(admin, "t");
    ASSERT_EQ(alter(admin, anonymous, {{"producer_byte_rate", 1}}), ErrorCode::none);
    {
      Peer peer(host);
      EXPECT_GT(throttled_produce(peer), 100'000);
      peer.send(MetadataRequest(), 12);
      EXPECT_FALSE(peer.is_closed(seconds(30))) << "its next request waits";
    }
    EXPECT_GT(throttled_produce(admin), 100'000);
  });
  world.stop();
}

TEST(ClientQuotas, AConsumerIsHeldBackToItsRate) {
  BrokerWorld world({}, 2);
  world.run([](Host& host) {
    Peer peer(host);
    create(peer, "t");
    for (int n = 0; n < 30; ++n) ASSERT_EQ(throttled_produce(peer), 0);
    ASSERT_EQ(alter(peer, every_client, {{"consumer_byte_rate", batch_bytes}}), ErrorCode::none);
    const auto begun = host.clock().now();
    Offset next = 0;
    std::int32_t said = 0;
    std::int64_t bytes = 0;
    for (int fetches = 0; next < 30 && fetches < 200; ++fetches) {
      auto asked = host.clock().now();
      auto before = said;
      auto response = peer.call<FetchResponse>(fetch_request({{"t", 0, next, 25'000}}, 100), fetch_version);
      said = response.throttle_time_ms;
      EXPECT_GE(host.clock().now() - asked, milliseconds(before) - milliseconds(1));
      for (const auto& topic : response.topics)
        for (const auto& partition : topic.partitions) {
          EXPECT_EQ(partition.error_code, ErrorCode::none);
          bytes += static_cast<std::int64_t>(partition.records.size());
          next += batches_in(partition.records);
        }
    }
    EXPECT_EQ(next, 30);
    EXPECT_GT(bytes, 300'000);
    const auto took = host.clock().now() - begun;
    EXPECT_GT(took, seconds(17));
    EXPECT_LT(took, seconds(26));
  });
}

// Another connection of the same client has used what there was: the session goes on, and has no records.
TEST(ClientQuotas, AFetchSessionOutlivesBeingHeldBack) {
  BrokerWorld world({}, 1);
  world.run([](Host& host) {
    Peer peer(host);
    create(peer, "t");
    ASSERT_EQ(throttled_produce(peer, 100'000), 0);
    auto request = fetch_request({{"t", 0, 0}}, 0);
    request.session_epoch = 0;
    auto first = peer.call<FetchResponse>(request, fetch_version);
    ASSERT_NE(first.session_id, 0);
    ASSERT_EQ(alter(peer, anonymous, {{"consumer_byte_rate", 5000}}), ErrorCode::none);
    Peer greedy(host);
    ASSERT_GT(greedy.call<FetchResponse>(fetch_request({{"t", 0, 0}}), fetch_version).throttle_time_ms, 0);
    FetchRequest again;
    again.session_id = first.session_id;
    again.session_epoch = 1;
    auto held = peer.call<FetchResponse>(again, fetch_version);
    EXPECT_GT(held.throttle_time_ms, 0);
    EXPECT_EQ(held.error_code, ErrorCode::none);
    EXPECT_EQ(held.session_id, first.session_id);
    EXPECT_TRUE(held.topics.empty());
    FetchResponse later;
    do {
      ++again.session_epoch;
      later = peer.call<FetchResponse>(again, fetch_version);
      ASSERT_EQ(later.error_code, ErrorCode::none);
    } while (later.topics.empty() && again.session_epoch < 5);
    ASSERT_EQ(later.topics.size(), 1u) << "what was not sent before comes now";
    EXPECT_GT(later.topics[0].partitions.at(0).records.size(), 90'000u);
  });
}

// Of the time that its requests take to be answered, whatever they are; each response says for how long.
TEST(ClientQuotas, AClientWhoseRequestsTakeTooMuchTimeIsHeldBack) {
  BrokerWorld world({}, 3);
  world.run([](Host& host) {
    Peer peer(host);
    create(peer, "t", 60);
    ASSERT_EQ(alter(peer, every_client, {{"request_percentage", 0.01}}), ErrorCode::none);
    std::int32_t said = 0;
    int held = 0;
    for (int n = 0; n < 200; ++n) {
      auto asked = host.clock().now();
      auto before = said;
      said = peer.call<MetadataResponse>(MetadataRequest(), 12).throttle_time_ms;
      EXPECT_GE(host.clock().now() - asked, milliseconds(before) - milliseconds(1));
      EXPECT_LE(said, 1000) << "a window at most";
      held += said > 0;
    }
    EXPECT_GT(held, 5);
    while (peer.call<MetadataResponse>(MetadataRequest(), 12).throttle_time_ms == 0) continue;
    EXPECT_GT(throttled_produce(peer), 0) << "whatever the request is";
    ASSERT_EQ(alter(peer, every_client, {{"request_percentage", 0, true}}), ErrorCode::none);
    EXPECT_EQ(peer.call<MetadataResponse>(MetadataRequest(), 12).throttle_time_ms, 0);
  });
}

TEST(ClientQuotas, TimeThatARequestWaitsIsNotCounted) {
  BrokerWorld world({}, 2);
  world.run([](Host& host) {
    Peer peer(host);
    create(peer, "t");
    ASSERT_EQ(alter(peer, anonymous, {{"request_percentage", 1}}), ErrorCode::none);
    for (int n = 0; n < 50; ++n) {
      auto asked = host.clock().now();
      auto fetched = peer.call<FetchResponse>(fetch_request({{"t", 0, 0}}, 500), fetch_version);
      EXPECT_EQ(fetched.throttle_time_ms, 0);
      EXPECT_GE(host.clock().now() - asked, milliseconds(500));
    }
  });
}

TEST(ClientQuotas, MutationsBeyondTheBurstAreRefused) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    ASSERT_EQ(alter(peer, anonymous, {{"controller_mutation_rate", 1}}), ErrorCode::none);
    create(peer, "a", 12);  // a burst of eleven, and what goes beyond is paid afterwards
    CreateTopicsRequest request;
    request.timeout_ms = 10'000;
    request.topics.push_back({"b", 1, 1, {}, {}});
    auto refused = peer.call<CreateTopicsResponse>(request, 7);
    EXPECT_EQ(refused.topics.at(0).error_code, ErrorCode::throttling_quota_exceeded);
    EXPECT_GT(refused.throttle_time_ms, 0);
    EXPECT_LE(refused.throttle_time_ms, 1000);
    request.validate_only = true;
    EXPECT_EQ(peer.call<CreateTopicsResponse>(request, 7).topics.at(0).error_code, ErrorCode::none)
        << "what is only checked is not counted";
    request.validate_only = false;
    EXPECT_EQ(peer.call<CreateTopicsResponse>(request, 7).topics.at(0).error_code, ErrorCode::none)
        << "the connection was held back for as long as was needed";
    DeleteTopicsRequest deletion;
    deletion.timeout_ms = 10'000;
    deletion.topics.push_back({"a", {}});
    EXPECT_EQ(peer.call<DeleteTopicsResponse>(deletion, 6).responses.at(0).error_code,
              ErrorCode::throttling_quota_exceeded);
    // Clients of earlier versions do not know the error: they are served, and wait.
    deletion.topics.clear();
    deletion.topic_names = {"a"};
    auto old = peer.call<DeleteTopicsResponse>(deletion, 4);
    EXPECT_EQ(old.responses.at(0).error_code, ErrorCode::none);
    EXPECT_GT(old.throttle_time_ms, 10'000);
  });
}

TEST(ClientQuotas, AnAddressConnectsSoOften) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    ASSERT_EQ(alter(peer, {{"ip", std::nullopt}}, {{"connection_creation_rate", 1}}), ErrorCode::none);
    int served = 0;
    for (int n = 0; n < 40; ++n) {
      Peer one(host);
      served += one.is_closed(milliseconds(1)) ? 0 : 1;
    }
    EXPECT_GE(served, 10);
    EXPECT_LE(served, 12);
    host.clock().sleep_for(seconds(12));
    Peer later(host);
    EXPECT_FALSE(later.is_closed(milliseconds(10)));
  });
}

// One that is counted is found again, and the number of meters is bounded.
TEST(QuotaMeters, HaveRoomForSoMany) {
  QuotaMeters meters;
  auto client = [](std::size_t n) { return QuotaLimit{{{"client-id", std::to_string(n)}}, 1}; };
  Instant now{seconds(1).count()};
  for (std::size_t n = 0; n < QuotaMeters::meters_max + 10; ++n)
    EXPECT_EQ(meters.count(QuotaKind::produced_bytes, client(n), 5, now), Duration(0));
  EXPECT_EQ(meters.size(), QuotaMeters::meters_max);
  EXPECT_EQ(meters.without_room(), 10);
  EXPECT_GT(meters.count(QuotaKind::produced_bytes, client(7), 50, now), Duration(0));
  // They are looked through once a second: whoever finds no room costs nothing.
  for (int n = 0; n < 100'000; ++n) meters.count(QuotaKind::produced_bytes, client(QuotaMeters::meters_max), 1, now);
  EXPECT_EQ(meters.without_room(), 100'010);
  now = now + seconds(12);
  EXPECT_EQ(meters.count(QuotaKind::produced_bytes, client(QuotaMeters::meters_max), 5, now), Duration(0));
  EXPECT_EQ(meters.size(), 1u) << "those that used nothing lately have gone";
}

}  // namespace
}  // namespace fulmar
