// Every API, sent by a client that may do nothing: it is refused in each version, nothing changes, and nothing is told
// of what there is: the response about a thing that exists is that about one that does not.
#include <set>

#include "broker/server/requests/errors_in.h"
#include "broker/server/requests/served_api.h"
#include "tests/server/guarded_kit.h"
#include "tests/server/probes.h"

namespace fulmar {
namespace {

using enum ErrorCode;

std::string replaced(std::string text) {
  for (auto at = text.find(there); at != std::string::npos; at = text.find(there, at))
    text.replace(at, there.size(), nowhere);
  return text;
}

// Sends requests, as somebody who may do nothing.
class Prober {
 public:
  explicit Prober(Peer& peer) : peer_(peer) {}

  const std::set<ApiKey>& probed() const { return probed_; }

  // In each version: the request that `make(name)` makes is refused with `expected`, alone or for each of its parts;
  // the response about `there` is that about `nowhere`.
  template <class Response, class Make>
  void probe(ErrorCode expected, Make&& make, std::int16_t since = 0, std::int16_t until = 99) {
    const auto& api = api_info(Response::key);
    probed_.insert(Response::key);
    for (auto version = std::max(api.min, since); version <= std::min(api.max, until); ++version) {
      SCOPED_TRACE(std::string(api.name) + " version " + std::to_string(version));
      auto about_there = answer(make(there), version);
      EXPECT_EQ(replaced(about_there), answer(make(nowhere), version)) << "they differ";
      expect_refused<Response>(about_there, version, expected);
    }
  }
  // In each version: a request without names is answered without errors but `expected`, and names nothing.
  template <class Response, class Request>
  void probe_unnamed(const Request& request, ErrorCode expected = none, std::int16_t since = 0) {
    const auto& api = api_info(Response::key);
    probed_.insert(Response::key);
    for (auto version = std::max(api.min, since); version <= api.max; ++version) {
      SCOPED_TRACE(std::string(api.name) + " version " + std::to_string(version));
      auto frame = answer(request, version);
      EXPECT_EQ(frame.find(there), std::string::npos) << "it names what is there";
      expect_refused<Response>(frame, version, expected);
    }
  }

 private:
  // Without its correlation id.
  template <class Request>
  std::string answer(const Request& request, std::int16_t version) {
    peer_.send(request, version);
    auto frame = peer_.frame();
    EXPECT_FALSE(frame.empty()) << "no answer";
    return frame.empty() ? "" : std::string(frame.view().substr(4));
  }

  template <class Response>
  void expect_refused(const std::string& answered, std::int16_t version, ErrorCode expected) {
    Reader reader(Bytes::copy_of("id42" + answered));
    read_response_header(reader, Response::key, version);
    auto response = decode<Response>(reader, version);
    ASSERT_TRUE(response.has_value()) << reader.error();
    std::set<ErrorCode> errors;
    each_error(*response, [&](ErrorCode error) { errors.insert(error); });
    // Some have no place for it in their first versions.
    if (errors.empty() && std::set{ApiKey::describe_log_dirs, ApiKey::elect_leaders}.contains(Response::key)) return;
    EXPECT_EQ(errors, expected == none ? std::set<ErrorCode>() : std::set{expected});
  }

  Peer& peer_;
  std::set<ApiKey> probed_;
};

// What an operator sees of the cluster, as text.
std::string state_of(Peer& peer) {
  std::string state;
  auto add = [&](const auto& response, std::int16_t version) { state += describe_text(response, version) + "\n"; };
  add(peer.call<MetadataResponse>(MetadataRequest{}, 12), 12);
  add(peer.call<ListOffsetsResponse>(ListOffsetsRequest{.topics = {{there, {{.index = 0, .timestamp = -1}}}}}, 7), 7);
  add(peer.call<ListOffsetsResponse>(ListOffsetsRequest{.topics = {{there, {{.index = 0, .timestamp = -2}}}}}, 7), 7);
  auto topic = static_cast<std::int8_t>(ConfigResource::topic);
  auto group = static_cast<std::int8_t>(ConfigResource::group);
  auto broker = static_cast<std::int8_t>(ConfigResource::broker);
  add(peer.call<DescribeConfigsResponse>(
          DescribeConfigsRequest{.resources = {{topic, there, {}}, {group, there, {}}, {broker, "1", {}}}}, 4),
      4);
  add(peer.call<ListGroupsResponse>(ListGroupsRequest{}, 5), 5);
  DescribeGroupsRequest groups;
  groups.groups = {there};
  add(peer.call<DescribeGroupsResponse>(groups, 5), 5);
  OffsetFetchRequest offsets;
  offsets.group_id = there;
  offsets.topics.reset();
  add(peer.call<OffsetFetchResponse>(offsets, 7), 7);
  add(peer.call<DescribeTransactionsResponse>(DescribeTransactionsRequest{{there}}, 0), 0);
  add(peer.call<ListTransactionsResponse>(ListTransactionsRequest{}, 1), 1);
  add(peer.call<DescribeProducersResponse>(DescribeProducersRequest{.topics = {{there, {0}}}}, 0), 0);
  add(peer.call<DescribeClusterResponse>(DescribeClusterRequest{}, 1), 1);
  DescribeAclsRequest acls;
  acls.pattern_type = AclPatternType::any;
  add(peer.call<DescribeAclsResponse>(acls, 3), 3);
  add(peer.call<DescribeUserScramCredentialsResponse>(DescribeUserScramCredentialsRequest{}, 0), 0);
  add(peer.call<DescribeClientQuotasResponse>(DescribeClientQuotasRequest{}, 1), 1);
  return state;
}

// A topic with a record, a group with an offset, and a transaction, each of the name `there`.
void make_secrets(Peer& peer) {
  EXPECT_EQ(create_topic(peer, there, 1).error_code, none);
  EXPECT_EQ(produce(peer, there, 0, batch_of(3, "value")).error_code, none);
  FindCoordinatorRequest find;
  find.coordinator_keys = {there};
  for (std::int8_t type : {0, 1}) {
    find.key_type = type;
    for (int tries = 0; tries < 100; ++tries) {
      auto found = peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0);
      if (found.error_code == none) break;
      peer.host().clock().sleep_for(milliseconds(100));
    }
  }
  OffsetCommitRequest commit;
  commit.group_id = there;
  commit.topics = {{there, {}, {{0, 2, -1, ""}}}};
  InitProducerIdRequest init;
  init.transactional_id = there;
  init.transaction_timeout_ms = 600'000;
  auto committed = unknown_server_error;
  auto initialised = unknown_server_error;
  for (int tries = 0; tries < 100 && (committed != none || initialised != none); ++tries) {
    if (committed != none)
      committed = peer.call<OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error_code;
    if (initialised != none) initialised = peer.call<InitProducerIdResponse>(init, 4).error_code;
    peer.host().clock().sleep_for(milliseconds(100));
  }
  EXPECT_EQ(committed, none);
  EXPECT_EQ(initialised, none);
}

TEST(Denied, EveryApiDecidesWhoMaySendIt) {
  std::set<ApiKey> for_everybody;
  for (const auto& api : served_apis()) {
    const auto* served = served_api(static_cast<std::int16_t>(api.key));
    ASSERT_NE(served, nullptr) << api.name;
    if (served->permission.is_for_everybody()) for_everybody.insert(api.key);
  }
  EXPECT_EQ(for_everybody, (std::set{ApiKey::api_versions, ApiKey::describe_cluster, ApiKey::sasl_handshake,
                                     ApiKey::sasl_authenticate}));
}

TEST(Denied, WhoMayDoNothingLearnsAndChangesNothingByAnyApi) {
  GuardedWorld world;
  std::string before;
  Uuid id;
  world.as_operator([&](Peer& peer) {
    make_secrets(peer);
    id = metadata(peer, {there}).topics.at(0).topic_id;
    before = state_of(peer);
  });
  EXPECT_NE(before.find(there), std::string::npos);
  world.as_stranger([&](Peer& peer) {
    Prober prober(peer);
    probe_all(prober, id);
    for (const auto& api : served_apis()) EXPECT_TRUE(prober.probed().contains(api.key)) << api.name;
  });
  world.it.world.run_for(seconds(2));
  world.as_operator([&](Peer& peer) { EXPECT_EQ(state_of(peer), before); });
}

}  // namespace
}  // namespace fulmar
