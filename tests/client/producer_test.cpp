#include "broker/client/producer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/produce.h"
#include "tests/client/fake_broker.h"

namespace fulmar {
namespace {

const std::vector<ApiKey> served{ApiKey::produce, ApiKey::init_producer_id};

// The header of the one batch in a produce request.
BatchHeader batch_of(const Asked& asked) {
  auto request = asked.as<ProduceRequest>();
  EXPECT_EQ(request.topics.size(), 1u);
  return read_batch_header(request.topics.at(0).partitions.at(0).records.flatten().view()).value();
}

Reaction answer_produce(const Asked& asked, ErrorCode error, Offset base = 0) {
  auto request = asked.as<ProduceRequest>();
  ProduceResponse response;
  auto& partition =
      response.topics.emplace_back(ProduceResponse::Topic{request.topics.at(0).name, {}}).partitions.emplace_back();
  partition.index = request.topics.at(0).partitions.at(0).index;
  partition.error_code = error;
  partition.base_offset = error == ErrorCode::none ? base : -1;
  return answer(asked, response);
}

// Answers InitProducerId with ids 100, 101, ..., and calls `on_produce(asked, n)` for the nth (from 0) produce request.
struct ProduceBroker {
  explicit ProduceBroker(std::function<Reaction(const Asked&, int)> on_produce)
      : broker(served, [this, on_produce = std::move(on_produce)](const Asked& asked) {
          if (asked.api == ApiKey::init_producer_id) {
            InitProducerIdResponse response;
            response.producer_id = next_id++;
            return answer(asked, response);
          }
          batches.push_back(batch_of(asked));
          ++produced;
          was_produced.notify_all();
          return on_produce(asked, produced - 1);
        }) {}

  ProducerId next_id = 100;
  int produced = 0;
  Condition was_produced;
  std::vector<BatchHeader> batches;
  FakeBroker broker;
};

ProducerOptions options(std::int16_t acks, bool idempotent) {
  ProducerOptions chosen;
  chosen.bootstrap = FakeBroker::address();
  chosen.acks = acks;
  chosen.idempotent = idempotent;
  return chosen;
}

std::vector<Record> records(int count) {
  return std::vector<Record>(static_cast<std::size_t>(count), Record{std::nullopt, "value", 0, {}});
}

Delivery send_one(ProduceBroker& world, const ProducerOptions& chosen) {
  Delivery delivery;
  world.broker.run([&](Host& host) { delivery = Producer(host, chosen).send("t", 0, records(2)); });
  return delivery;
}

TEST(Producer, RetriesWithTheSameSequenceAndGoesOnAfterIt) {
  ProduceBroker world([](const Asked& asked, int n) {
    return answer_produce(asked, n < 2 ? ErrorCode::not_leader_or_follower : ErrorCode::none, n * 10);
  });
  world.broker.run([](Host& host) {
    Producer producer(host, options(-1, true));
    auto first = producer.send("t", 0, records(3));
    EXPECT_EQ(first.outcome, Delivery::Outcome::ok);
    EXPECT_EQ(first.attempts, 3);
    EXPECT_EQ(first.base_offset, 20);
    EXPECT_EQ(producer.send("t", 0, records(1)).outcome, Delivery::Outcome::ok);
    EXPECT_EQ(producer.send("t", 1, records(1)).outcome, Delivery::Outcome::ok);
  });
  ASSERT_EQ(world.batches.size(), 5u);
  for (const auto& batch : world.batches) EXPECT_EQ(batch.producer_id, 100);
  std::vector<std::int32_t> sequences;
  for (const auto& batch : world.batches) sequences.push_back(batch.base_sequence);
  EXPECT_EQ(sequences, (std::vector<std::int32_t>{0, 0, 0, 3, 0})) << "each partition counts by itself";
}

TEST(Producer, SequencesWrapToZero) {
  ProduceBroker world([](const Asked& asked, int) { return answer_produce(asked, ErrorCode::none); });
  world.broker.run([](Host& host) {
    auto chosen = options(-1, true);
    chosen.first_sequence = 2'147'483'646;
    Producer producer(host, chosen);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(producer.send("t", 0, records(2)).outcome, Delivery::Outcome::ok);
  });
  ASSERT_EQ(world.batches.size(), 2u);
  EXPECT_EQ(world.batches[0].base_sequence, 2'147'483'646);
  EXPECT_EQ(world.batches[1].base_sequence, 0);
}

TEST(Producer, WithoutIdempotenceALossAfterTheSendIsUnknownAndNotSentAgain) {
  for (std::int16_t acks : {std::int16_t{1}, std::int16_t{-1}}) {
    ProduceBroker world([](const Asked&, int) { return hang_up(); });
    auto delivery = send_one(world, options(acks, false));
    EXPECT_EQ(delivery.outcome, Delivery::Outcome::unknown);
    EXPECT_EQ(delivery.attempts, 1);
    EXPECT_EQ(world.produced, 1);
  }
}

TEST(Producer, WithIdempotenceALossAfterTheSendIsSentAgainOnANewConnection) {
  ProduceBroker world(
      [](const Asked& asked, int n) { return n == 0 ? hang_up() : answer_produce(asked, ErrorCode::none, 7); });
  auto delivery = send_one(world, options(-1, true));
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::ok);
  EXPECT_EQ(delivery.base_offset, 7);
  EXPECT_EQ(world.broker.connections(), 2);
  ASSERT_EQ(world.batches.size(), 2u);
  EXPECT_EQ(world.batches[0].base_sequence, world.batches[1].base_sequence);
  EXPECT_EQ(world.batches[0].producer_id, world.batches[1].producer_id);
}

TEST(Producer, WhatIsRefusedForGoodFailedAndIsNotSentAgain) {
  ProduceBroker world([](const Asked& asked, int) { return answer_produce(asked, ErrorCode::message_too_large); });
  auto delivery = send_one(world, options(1, false));
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::failed);
  EXPECT_EQ(delivery.error, ErrorCode::message_too_large);
  EXPECT_EQ(world.produced, 1);
}

TEST(Producer, TakesANewIdentityAfterABatchWasGivenUp) {
  ProduceBroker world([](const Asked& asked, int n) {
    return answer_produce(asked, n == 1 ? ErrorCode::message_too_large : ErrorCode::none);
  });
  world.broker.run([](Host& host) {
    Producer producer(host, options(-1, true));
    EXPECT_EQ(producer.send("t", 0, records(2)).outcome, Delivery::Outcome::ok);
    EXPECT_EQ(producer.send("t", 0, records(2)).outcome, Delivery::Outcome::failed);
    EXPECT_EQ(producer.send("t", 0, records(2)).outcome, Delivery::Outcome::ok);
  });
  ASSERT_EQ(world.batches.size(), 3u);
  EXPECT_EQ(world.batches[1].producer_id, 100);
  EXPECT_EQ(world.batches[1].base_sequence, 2);
  EXPECT_EQ(world.batches[2].producer_id, 101);
  EXPECT_EQ(world.batches[2].base_sequence, 0) << "the given-up batch left a hole that nothing may follow";
}

// Errors that leave open whether the batch is written, or even say that it is.
class MayBeWritten : public testing::TestWithParam<ErrorCode> {};
INSTANTIATE_TEST_SUITE_P(Errors, MayBeWritten,
                         testing::Values(ErrorCode::request_timed_out, ErrorCode::kafka_storage_error,
                                         ErrorCode::not_enough_replicas_after_append, ErrorCode::network_exception,
                                         ErrorCode::unknown_server_error, ErrorCode::duplicate_sequence_number));
TEST_P(MayBeWritten, IsUnknownAndWithoutIdempotenceNotSentAgain) {
  ProduceBroker world([](const Asked& asked, int) { return answer_produce(asked, GetParam()); });
  auto chosen = options(-1, false);
  chosen.delivery_timeout = seconds(5);
  auto delivery = send_one(world, chosen);
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::unknown);
  EXPECT_EQ(delivery.error, GetParam());
  EXPECT_EQ(world.produced, 1);
}

TEST(Producer, AnAnswerAboutSomethingElseLeavesTheBatchUnknown) {
  ProduceBroker world([](const Asked& asked, int) { return answer(asked, ProduceResponse{}); });
  EXPECT_EQ(send_one(world, options(1, false)).outcome, Delivery::Outcome::unknown);
}

TEST(Producer, KnownErrorsThatPassAreTriedUntilTheDeliveryTimeoutAndThenFailed) {
  ProduceBroker world([](const Asked& asked, int) { return answer_produce(asked, ErrorCode::not_leader_or_follower); });
  auto chosen = options(1, false);
  chosen.delivery_timeout = seconds(10);
  Delivery delivery;
  world.broker.run([&](Host& host) {
    auto begun = host.clock().now();
    delivery = Producer(host, chosen).send("t", 0, records(1));
    auto took = host.clock().now() - begun;
    EXPECT_GE(took, seconds(10));
    EXPECT_LE(took, seconds(10) + chosen.retry_backoff_max);
  });
  EXPECT_EQ(delivery.outcome, Delivery::Outcome::failed);
  EXPECT_GT(delivery.attempts, 5);
  EXPECT_LT(delivery.attempts, 25) << "it must back off";
}

TEST(Producer, TheLastAnswerIsNamedThoughLaterNobodyAnswered) {
  ProduceBroker world([](const Asked& asked, int n) {
    return n < 2 ? answer_produce(asked, ErrorCode::not_enough_replicas) : hang_up();
  });
  auto chosen = options(-1, true);
  chosen.delivery_timeout = seconds(5);
  auto delivery = send_one(world, chosen);
  ASSERT_TRUE(delivery.reason.has_value());
  EXPECT_NE(delivery.reason->code, ErrorCode::not_enough_replicas);
  EXPECT_NE(to_string(*delivery.reason).find("the last answer was NOT_ENOUGH_REPLICAS"), std::string::npos)
      << to_string(*delivery.reason);
}

TEST(Producer, WhatCouldNotBeSentFailedForCertain) {
  for (bool idempotent : {false, true}) {
    ProduceBroker world([](const Asked&, int) { return say_nothing(); });
    world.broker.stop();
    auto chosen = options(-1, idempotent);
    chosen.delivery_timeout = seconds(5);
    EXPECT_EQ(send_one(world, chosen).outcome, Delivery::Outcome::failed);
    EXPECT_EQ(world.produced, 0);
  }
}

TEST(Producer, WhatTheBrokerDoesNotServeFailedForCertain) {
  ProduceBroker world([](const Asked& asked, int) { return answer_produce(asked, ErrorCode::none); });
  auto chosen = options(1, false);
  chosen.version_max = -1;
  chosen.delivery_timeout = seconds(5);
  EXPECT_EQ(send_one(world, chosen).outcome, Delivery::Outcome::failed);
  EXPECT_EQ(world.produced, 0);
}

TEST(Producer, WithoutAcknowledgementsDoesNotWaitForAnAnswer) {
  ProduceBroker world([](const Asked&, int) { return say_nothing(); });
  world.broker.run([&](Host& host) {
    Producer producer(host, options(0, false));
    auto begun = host.clock().now();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(producer.send("t", 0, records(1)).outcome, Delivery::Outcome::ok);
    EXPECT_LT(host.clock().now() - begun, seconds(1));
    world.was_produced.wait([&] { return world.produced == 3; });
  });
  EXPECT_EQ(world.produced, 3);
}

// A broker that checks sequences as a real one does, and sometimes closes the connection before or after appending.
TEST(Producer, FibersOfOneProducerGetEachBatchInOnceThroughLossesBeforeAndAfterTheAppend) {
  std::map<std::int32_t, std::int32_t> appended;  // by partition
  ProduceBroker world([&](const Asked& asked, int n) {
    auto partition = asked.as<ProduceRequest>().topics.at(0).partitions.at(0).index;
    auto sequence = batch_of(asked).base_sequence;
    if (n % 7 == 3) return hang_up();
    if (sequence > appended[partition]) return answer_produce(asked, ErrorCode::out_of_order_sequence_number);
    if (sequence == appended[partition]) ++appended[partition];
    return n % 7 == 5 ? hang_up() : answer_produce(asked, ErrorCode::none, sequence);
  });
  std::map<std::int32_t, std::vector<Offset>> offsets;
  world.broker.run([&](Host& host) {
    Producer producer(host, options(-1, true));
    FiberGroup senders;
    for (int i = 0; i < 6; ++i)
      senders.spawn("sender", [&, i] {
        for (int n = 0; n < 5; ++n) {
          auto delivery = producer.send("t", i % 2, records(1));
          if (delivery.outcome == Delivery::Outcome::ok) offsets[i % 2].push_back(delivery.base_offset);
        }
      });
    senders.join();
  });
  EXPECT_GT(world.broker.connections(), 5) << "the script should have broken several";
  for (const auto& batch : world.batches) EXPECT_EQ(batch.producer_id, world.batches[0].producer_id);
  for (std::int32_t partition : {0, 1}) {
    EXPECT_EQ(appended[partition], 15);
    auto& acknowledged = offsets[partition];
    std::sort(acknowledged.begin(), acknowledged.end());
    std::vector<Offset> expected(15);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(acknowledged, expected) << "each batch has an offset of its own";
  }
}

}  // namespace
}  // namespace fulmar
