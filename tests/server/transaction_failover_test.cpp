// Transactions in a cluster whose coordinators die: right after a decision was acknowledged, and in an open
// transaction. Transactions acknowledged as committed are read completely, all others completely or not at all, and
// none stays open.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/transactions.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr const char* id = "payments";
constexpr std::int32_t partition_count = 6;

// A transactional producer with plain requests, each repeated until there is a final response.
class Producer {
 public:
  explicit Producer(Host& host, ClusterClient& cluster) : host_(host), cluster_(cluster) {}

  std::int32_t coordinator() {
    return until<std::int32_t>([&]() -> std::optional<std::int32_t> {
      auto found = cluster_.coordinator_of(id, soon(), ClusterClient::Coordinated::transaction);
      return found ? std::optional(*found) : std::nullopt;
    });
  }

  void init() {
    InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 20'000;
    auto response = ask<InitProducerIdResponse>(request, 4, [](const auto& said) { return said.error_code; });
    EXPECT_EQ(response.error_code, ErrorCode::none);
    producer_id_ = response.producer_id;
    epoch_ = response.producer_epoch;
    sequences_.clear();
  }

  // Producing adds the partition (KIP-890).
  void write(std::int32_t partition, const std::string& value) {
    ProduceRequest request;
    request.transactional_id = id;
    request.acks = -1;
    request.timeout_ms = 2'000;
    request.topics.push_back({"t",
                              {{partition, ByteChain(build_batch({{std::nullopt, value, World::epoch_ms, {}}},
                                                                 {.producer_id = producer_id_,
                                                                  .producer_epoch = epoch_,
                                                                  .base_sequence = sequences_[partition]++,
                                                                  .transactional = true}))}}});
    until<bool>([&]() -> std::optional<bool> {
      auto connection = cluster_.leader("t", partition, soon());
      if (!connection) return std::nullopt;
      auto response = (*connection)->call<ProduceResponse>(request, soon(), 12);
      auto error = response ? response->topics.at(0).partitions.at(0).error_code : ErrorCode::network_exception;
      if (error == ErrorCode::none) return true;
      cluster_.doubt_leader("t", partition);
      EXPECT_TRUE(is_retriable(error) || error == ErrorCode::network_exception) << error_code_name(error);
      return is_retriable(error) || error == ErrorCode::network_exception ? std::nullopt : std::optional(false);
    });
  }

  void end(bool commit) {
    EndTxnRequest request{id, producer_id_, epoch_, commit};
    auto response = ask<EndTxnResponse>(request, 5, [](const auto& said) { return said.error_code; });
    EXPECT_EQ(response.error_code, ErrorCode::none) << error_code_name(response.error_code);
    producer_id_ = response.producer_id;
    epoch_ = response.producer_epoch;
    sequences_.clear();
  }

  void await_complete() {
    until<bool>([&]() -> std::optional<bool> {
      auto described = ask<DescribeTransactionsResponse>(DescribeTransactionsRequest{{id}}, 0, [](const auto& said) {
        return said.transaction_states.at(0).error_code;
      });
      if (!described.transaction_states.at(0).transaction_state.starts_with("Complete")) return std::nullopt;
      return true;
    });
  }

  // The committed records of the partition, once nothing in it is open.
  std::vector<std::string> committed(std::int32_t partition) {
    FetchRequest request;
    request.isolation_level = 1;
    request.topics.emplace_back().name = "t";
    auto& asked = request.topics[0].partitions.emplace_back();
    asked.index = partition;
    asked.max_bytes = 1 << 20;
    auto read = until<FetchResponse::Topic::Partition>([&]() -> std::optional<FetchResponse::Topic::Partition> {
      auto connection = cluster_.leader("t", partition, soon());
      if (!connection) return std::nullopt;
      auto response = (*connection)->call<FetchResponse>(request, soon(), 12);
      if (response && response->topics.at(0).partitions.at(0).error_code == ErrorCode::none &&
          response->topics[0].partitions[0].last_stable_offset == response->topics[0].partitions[0].high_watermark)
        return response->topics[0].partitions[0];
      cluster_.doubt_leader("t", partition);
      return std::nullopt;
    });
    std::set<Offset> aborts;
    if (read.aborted_transactions)
      for (const auto& one : *read.aborted_transactions) aborts.insert(one.first_offset);
    std::vector<std::string> values;
    bool aborting = false;
    for (Bytes rest = read.records.flatten(); !rest.empty();) {
      auto header = *read_batch_header(rest.view());
      if (aborts.contains(header.base_offset)) aborting = true;
      if (header.control())
        aborting = false;
      else if (!aborting)
        for (auto& record : *read_records(rest.slice(0, header.size()), 1 << 20))
          values.emplace_back(record.value->view());
      rest = rest.slice(header.size());
    }
    return values;
  }

 private:
  Deadline soon() { return host_.clock().deadline_in(seconds(3)); }

  template <class T, class F>
  T until(F&& attempt) {
    for (int tries = 0; tries < 600; ++tries) {
      if (auto got = attempt()) return *got;
      host_.clock().sleep_for(milliseconds(50));
    }
    ADD_FAILURE() << "never answered";
    return {};
  }

  template <class Response, class Request, class Error>
  Response ask(const Request& request, std::int16_t version, Error&& error_of) {
    return until<Response>([&]() -> std::optional<Response> {
      auto connection = cluster_.broker(coordinator(), soon());
      if (!connection) return std::nullopt;
      auto response = (*connection)->template call<Response>(request, soon(), version);
      if (!response || is_retriable(error_of(*response)) || error_of(*response) == ErrorCode::concurrent_transactions)
        return std::nullopt;
      return *response;
    });
  }

  Host& host_;
  ClusterClient& cluster_;
  ProducerId producer_id_ = no_producer_id;
  std::int16_t epoch_ = -1;
  std::map<std::int32_t, std::int32_t> sequences_;
};

class TransactionFailOver : public testing::TestWithParam<int> {};

TEST_P(TransactionFailOver, WhatWasDecidedIsCarriedOutByTheNextCoordinator) {
  BrokerCluster brokers(static_cast<std::uint64_t>(GetParam()), 3, {{"transaction.state.log.num.partitions", "2"}});
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client(
      [&](Host& host, ClusterClient& cluster) {
        create_topic(cluster, "t", partition_count);
        Producer producer(host, cluster);
        producer.init();
        std::vector<std::string> kept;
        for (int round = 0; round < 6; ++round) {
          bool commits = round % 3 != 1;
          auto value = std::to_string(round);
          for (std::int32_t partition = 0; partition < partition_count; ++partition) {
            producer.write(partition, value);
            // In every other round it dies in the middle of the transaction.
            if (round % 2 == 0 || partition != 2) continue;
            auto coordinator = producer.coordinator();
            brokers.from_outside(host, [&] { brokers.broker(coordinator).power_loss(); });
            host.clock().sleep_for(milliseconds(500));
            brokers.from_outside(host, [&] { brokers.start(coordinator); });
          }
          producer.end(commits);
          if (commits) kept.push_back(value);
          if (round % 2 == 1) continue;
          auto coordinator = producer.coordinator();
          brokers.from_outside(host, [&] { brokers.broker(coordinator).power_loss(); });
          producer.await_complete();
          brokers.from_outside(host, [&] { brokers.start(coordinator); });
        }
        producer.await_complete();
        for (std::int32_t partition = 0; partition < partition_count; ++partition)
          EXPECT_EQ(producer.committed(partition), kept) << "of partition " << partition;
      },
      seconds(600)));
}

INSTANTIATE_TEST_SUITE_P(Seeds, TransactionFailOver, testing::Range(1, 31));

}  // namespace
}  // namespace fulmar
