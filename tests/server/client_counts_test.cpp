// Requests are counted by the clients' software, API and version, within bounds; brokers tell it when they are asked.
#include "broker/server/shard/client_counts.h"

#include "broker/client/client_requests.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/describe_clients.h"
#include "broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using Kind = std::pair<std::int16_t, std::int16_t>;
using Counted = std::map<Kind, std::int64_t>;

constexpr std::int16_t key_of(ApiKey api) {
  return static_cast<std::int16_t>(api);
}

Counted counted(const RequestCounts& counts) {
  Counted found;
  counts.each([&](std::int16_t key, std::int16_t version, std::int64_t count) { found[{key, version}] = count; });
  return found;
}

TEST(RequestCounts, EachServedVersionHasASlotOfItsOwnAndNothingElseIsCounted) {
  std::set<RequestCounts::Slot> slots;
  std::size_t versions = 0;
  for (const auto& api : served_apis()) {
    for (int version = -1; version <= api.max + 1; ++version) {
      auto slot = RequestCounts::slot_of(key_of(api.key), static_cast<std::int16_t>(version));
      bool counts = api.advertised && version >= api.min && version <= api.max;
      EXPECT_EQ(slot != RequestCounts::uncounted, counts) << api.name << " v" << version;
      if (!counts) continue;
      slots.insert(slot);
      ++versions;
      RequestCounts one;
      one.add(slot);
      one.add(slot);
      EXPECT_EQ(counted(one), (Counted{{{key_of(api.key), static_cast<std::int16_t>(version)}, 2}})) << api.name;
    }
  }
  EXPECT_EQ(slots.size(), versions);
  for (int key : {-32768, -1, 4, 127, 128, 9000, 10'000, 32767})
    EXPECT_EQ(RequestCounts::slot_of(static_cast<std::int16_t>(key), 0), RequestCounts::uncounted) << key;
  RequestCounts none;
  none.add(RequestCounts::uncounted);
  EXPECT_EQ(counted(none), Counted());
}

TEST(ClientCounts, StrangersMakeThemNoLargerThanTheirBound) {
  auto slot = RequestCounts::slot_of(key_of(ApiKey::fetch), 12);
  ClientCounts counts;
  auto& early = counts.of({"early", "1"});
  early.add(slot);
  for (int n = 0; n < 1000; ++n) counts.of({"stranger", std::to_string(n)}).add(slot);
  EXPECT_EQ(counts.by_software().size(), ClientCounts::software_max);
  // "early" and clients without a name are two of them.
  auto beyond = static_cast<std::int64_t>(1000 - (ClientCounts::software_max - 2));
  EXPECT_EQ(counted(counts.others()), (Counted{{{1, 12}, beyond}}));
  EXPECT_EQ(&counts.of({"early", "1"}), &early) << "those that were there first are still counted by themselves";
  counts.of({}).add(slot);
  EXPECT_EQ(counted(counts.by_software().at({})), (Counted{{{1, 12}, 1}}));
  ClientCounts long_names;
  std::string longest(ClientCounts::text_bytes_max, 'a');
  EXPECT_NE(&long_names.of({longest, longest}), &long_names.others());
  EXPECT_EQ(&long_names.of({longest + "a", "1"}), &long_names.others());
  EXPECT_EQ(&long_names.of({"a", longest + "1"}), &long_names.others());
  EXPECT_EQ(long_names.by_software().size(), 2u);
}

TEST(ClientCounts, OfSeveralShardsAreAddedWithinTheSameBound) {
  auto slot = RequestCounts::slot_of(key_of(ApiKey::metadata), 9);
  ClientCounts sum;
  for (int shard = 0; shard < 3; ++shard) {
    ClientCounts counts;
    counts.of({"both", "1"}).add(slot);
    for (int n = 0; n < 150; ++n) counts.of({"s" + std::to_string(shard), std::to_string(n)}).add(slot);
    sum.add(counts);
  }
  EXPECT_EQ(sum.by_software().size(), ClientCounts::software_max);
  EXPECT_EQ(counted(sum.by_software().at({"both", "1"})), (Counted{{{3, 9}, 3}}));
  std::int64_t all = counted(sum.others())[{3, 9}];
  for (const auto& [software, counts] : sum.by_software()) all += counted(counts)[{3, 9}];
  EXPECT_EQ(all, 3 * 151) << "none is lost";
}

DescribeClientsResponse clients_of(Peer& peer) {
  return peer.call<DescribeClientsResponse>(DescribeClientsRequest{}, 0);
}

Counted requests_of(const DescribeClientsResponse& response, const std::string& name, const std::string& version) {
  Counted found;
  for (const auto& client : response.clients)
    if (client.software_name == name && client.software_version == version)
      for (const auto& [key, api_version, count] : client.requests) found[{key, api_version}] = count;
  return found;
}

TEST(DescribeClients, SaysWhatWasAnsweredToWhomOnAllShards) {
  BrokerWorld broker({}, 3);
  broker.run([](Host& host) {
    Peer unnamed(host);
    create_topic(unnamed, "t", 1);
    for (int n = 0; n < 6; ++n) {  // connections of all shards
      Peer peer(host);
      peer.call<ApiVersionsResponse>(ApiVersionsRequest{"some-client", "2.1"}, 3);
      produce(peer, "t", 0, batch_of(1, "x", BatchOptions()));
      // Without a response: answered once it is carried out, which the next response shows.
      peer.send(produce_request("t", 0, batch_of(1, "x", BatchOptions()), 0), 8);
      metadata(peer, {"t"});
      peer.call<MetadataResponse>(MetadataRequest{}, 4);
    }
    Peer refused(host);
    EXPECT_EQ(refused.call<ApiVersionsResponse>(ApiVersionsRequest{"no name", "1"}, 3).error_code,
              ErrorCode::invalid_request);
    auto response = clients_of(unnamed);
    EXPECT_EQ(requests_of(response, "some-client", "2.1"),
              (Counted{{{0, 8}, 6}, {{0, 9}, 6}, {{3, 4}, 6}, {{3, 12}, 6}, {{18, 3}, 6}}));
    EXPECT_EQ(requests_of(response, "", ""), (Counted{{{18, 3}, 1}, {{19, 7}, 1}}));
    EXPECT_EQ(response.clients.size(), 2u);
    EXPECT_TRUE(response.others.empty());
    EXPECT_EQ(requests_of(clients_of(unnamed), "", ""), requests_of(response, "", "")) << "to ask changes nothing";
  });
}

TEST(DescribeClients, IsNotLongerForWhoeverInventsNames) {
  BrokerWorld broker({}, 2);
  broker.run([](Host& host) {
    Peer peer(host);
    for (int n = 0; n < 600; ++n) peer.call<ApiVersionsResponse>(ApiVersionsRequest{"n" + std::to_string(n), "1"}, 3);
    auto response = clients_of(peer);
    EXPECT_LT(response.clients.size(), ClientCounts::software_max) << "one without a name has sent nothing";
    ASSERT_EQ(response.others.size(), 1u);
    EXPECT_EQ(response.others[0].count + static_cast<std::int64_t>(response.clients.size()), 600);
  });
}

TEST(ClientRequests, AreTheSumOfAllBrokersOrThoseOfOne) {
  BrokerCluster brokers(1);
  ASSERT_TRUE(brokers.all_ready());
  EXPECT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto deadline = host.clock().deadline_in(seconds(60));
    for (std::int32_t id = 1; id <= 3; ++id) {
      auto connection = cluster.broker(id, deadline);
      ASSERT_TRUE(connection.has_value());
      for (int n = 0; n < id; ++n)
        ASSERT_TRUE((*connection)->call<MetadataResponse>(MetadataRequest{}, deadline, 7).has_value());
    }
    ClientRequestKind kind{"fulmar", "1", key_of(ApiKey::metadata), 7};
    auto all = client_requests(cluster, std::nullopt);
    ASSERT_TRUE(all.has_value()) << to_string(all.error());
    EXPECT_EQ(all->by_kind[kind], 1 + 2 + 3);
    EXPECT_TRUE(all->others.empty());
    auto of_third = client_requests(cluster, 3);
    ASSERT_TRUE(of_third.has_value());
    EXPECT_EQ(of_third->by_kind[kind], 3);
  }));
}

}  // namespace
}  // namespace fulmar
