#include "broker/client/connection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "broker/protocol/messages/metadata.h"
#include "tests/client/fake_broker.h"

namespace fulmar {
namespace {

MetadataRequest ask_for(const std::string& topic) {
  MetadataRequest request;
  request.topics.emplace();
  request.topics->push_back({{}, topic});
  return request;
}

// A response that can be recognised: it has the requested topic's name.
MetadataResponse answer_about(const Asked& asked) {
  MetadataResponse response;
  response.cluster_id = asked.as<MetadataRequest>().topics->at(0).name;
  return response;
}

std::unique_ptr<ClientConnection> open(Host& host) {
  auto opened = ClientConnection::open(host, FakeBroker::address(), "test", host.clock().deadline_in(seconds(5)));
  EXPECT_TRUE(opened.has_value());
  return opened ? std::move(*opened) : nullptr;
}

Result<MetadataResponse> call(Host& host, ClientConnection& connection, const std::string& topic = "t") {
  return connection.call<MetadataResponse>(ask_for(topic), host.clock().deadline_in(seconds(5)));
}

TEST(ClientConnection, SendsFurtherRequestsBeforeTheFirstIsAnsweredAndGivesEachItsOwnAnswer) {
  std::vector<Asked> held;
  FakeBroker broker({ApiKey::metadata}, [&](const Asked& asked) {
    held.push_back(asked);
    Reaction all;
    if (held.size() == 3)
      for (const auto& one : held) all.bytes.append(response_frame(answer_about(one), one.version, one.id));
    return all;
  });
  int right = 0;
  broker.run([&](Host& host) {
    auto connection = open(host);
    FiberGroup callers;
    for (auto topic : {"a", "b", "c"})
      callers.spawn("caller", [&, topic] {
        auto response = call(host, *connection, topic);
        right += response && response->cluster_id == topic;
      });
    callers.join();
  });
  EXPECT_EQ(right, 3);
  EXPECT_EQ(broker.connections(), 1);
}

TEST(ClientConnection, GivesEveryPendingCallAnErrorWhenTheBrokerHangsUp) {
  int asked = 0;
  FakeBroker broker({ApiKey::metadata}, [&](const Asked&) { return ++asked == 3 ? hang_up() : say_nothing(); });
  std::vector<Errc> ends;
  broker.run([&](Host& host) {
    auto connection = open(host);
    auto begun = host.clock().now();
    FiberGroup callers;
    for (int i = 0; i < 3; ++i)
      callers.spawn("caller", [&] {
        auto response = call(host, *connection);
        if (!response) ends.push_back(response.error().code);
      });
    callers.join();
    EXPECT_LT(host.clock().now() - begun, seconds(1)) << "they waited for the deadline instead";
    EXPECT_TRUE(connection->broken());
    EXPECT_FALSE(connection->saw_wrong_answer());
    auto later = call(host, *connection);
    ASSERT_FALSE(later.has_value());
    EXPECT_EQ(later.error().code, Errc::closed) << "nothing may be sent on it any more";
  });
  EXPECT_EQ(ends, std::vector<Errc>(3, Errc::reset));
  EXPECT_EQ(broker.asked().size(), 3u);
}

TEST(ClientConnection, TimesOutAndStillMatchesTheLateAnswerToNobodyElse) {
  std::vector<Asked> held;
  FakeBroker broker({ApiKey::metadata}, [&](const Asked& asked) {
    held.push_back(asked);
    Reaction all;
    if (held.size() == 2)
      for (const auto& one : held) all.bytes.append(response_frame(answer_about(one), one.version, one.id));
    return all;
  });
  broker.run([&](Host& host) {
    auto connection = open(host);
    auto first = call(host, *connection, "first");
    ASSERT_FALSE(first.has_value());
    EXPECT_EQ(first.error().code, Errc::timed_out);
    EXPECT_FALSE(connection->broken());
    auto second = call(host, *connection, "second");
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->cluster_id, "second");
  });
}

TEST(ClientConnection, TakesAnAnswerToAnotherRequestForAnErrorAndSaysSo) {
  FakeBroker broker({ApiKey::metadata}, [](Asked asked) {
    auto response = answer_about(asked);
    ++asked.id;
    return answer(asked, response);
  });
  broker.run([](Host& host) {
    auto connection = open(host);
    EXPECT_FALSE(call(host, *connection).has_value());
    EXPECT_TRUE(connection->broken());
    EXPECT_TRUE(connection->saw_wrong_answer());
  });
}

TEST(ClientConnection, TakesAnAnswerThatNobodyAskedForForAnError) {
  FakeBroker broker({ApiKey::metadata}, [](const Asked& asked) {
    auto response = answer_about(asked);
    auto twice = answer(asked, response);
    twice.bytes.append(response_frame(response, asked.version, asked.id));
    return twice;
  });
  broker.run([](Host& host) {
    auto connection = open(host);
    EXPECT_TRUE(call(host, *connection).has_value());
    EXPECT_FALSE(call(host, *connection).has_value());
    EXPECT_TRUE(connection->broken());
    EXPECT_TRUE(connection->saw_wrong_answer());
  });
}

class ImpossibleSize : public testing::TestWithParam<std::int32_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, ImpossibleSize, testing::Values(-2147483647 - 1, -1, 0, 3, 2147483647));
TEST_P(ImpossibleSize, BreaksTheConnectionAtOnce) {
  FakeBroker broker({ApiKey::metadata}, [](const Asked&) { return raw(size_prefix(GetParam())); });
  broker.run([](Host& host) {
    auto connection = open(host);
    auto begun = host.clock().now();
    EXPECT_FALSE(call(host, *connection).has_value());
    EXPECT_LT(host.clock().now() - begun, seconds(1));
    EXPECT_TRUE(connection->broken());
  });
}

TEST(ClientConnection, TakesACutAnswerForAnError) {
  // However many bytes arrive before the broker closes the connection.
  for (std::size_t kept = 0; kept < 24; ++kept) {
    FakeBroker broker({ApiKey::metadata}, [kept](const Asked& asked) {
      auto whole = response_frame(answer_about(asked), asked.version, asked.id).flatten();
      return raw(std::string(whole.view().substr(0, std::min(kept, whole.size() - 1))), true);
    });
    broker.run([](Host& host) {
      auto connection = open(host);
      auto response = call(host, *connection);
      ASSERT_FALSE(response.has_value());
      EXPECT_EQ(response.error().code, Errc::reset);
    });
  }
}

TEST(ClientConnection, TakesAnAnswerThatEndsTooEarlyForCorrupt) {
  FakeBroker broker({ApiKey::metadata}, [](const Asked& asked) {
    auto whole = std::string(response_frame(answer_about(asked), asked.version, asked.id).flatten().view());
    whole.pop_back();
    store_big(whole.data(), static_cast<std::int32_t>(whole.size() - 4));
    return raw(whole);
  });
  broker.run([](Host& host) {
    auto connection = open(host);
    auto response = call(host, *connection);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, Errc::corrupt);
    EXPECT_TRUE(connection->broken());
  });
}

TEST(ClientConnection, DoesNotSendWhatTheBrokerDoesNotServe) {
  FakeBroker broker({ApiKey::produce}, [](const Asked&) { return say_nothing(); });
  broker.run([](Host& host) {
    auto connection = open(host);
    auto response = call(host, *connection);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, Errc::unsupported);
    EXPECT_FALSE(connection->broken());
  });
  EXPECT_TRUE(broker.asked().empty());
}

TEST(ClientConnection, SpeaksTheHighestVersionThatBothSidesHave) {
  FakeBroker broker({}, [](const Asked& asked) {
    if (asked.api == ApiKey::metadata) return answer(asked, answer_about(asked));
    ApiVersionsResponse response;
    response.api_keys.push_back({static_cast<std::int16_t>(ApiKey::metadata), 2, 5});
    return answer(asked, response);
  });
  broker.run([](Host& host) {
    auto connection = open(host);
    EXPECT_TRUE(call(host, *connection).has_value());
    auto deadline = host.clock().deadline_in(seconds(5));
    EXPECT_TRUE(connection->call<MetadataResponse>(ask_for("t"), deadline, 3).has_value());
    auto below = connection->call<MetadataResponse>(ask_for("t"), deadline, 1);
    ASSERT_FALSE(below.has_value());
    EXPECT_EQ(below.error().code, Errc::unsupported);
  });
  ASSERT_EQ(broker.asked().size(), 2u);
  EXPECT_EQ(broker.asked()[0].version, 5);
  EXPECT_EQ(broker.asked()[1].version, 3);
}

TEST(ClientConnection, FailsToOpenWhereNobodyListensOrNobodyAnswers) {
  FakeBroker broker({}, [](const Asked&) { return say_nothing(); });
  auto open_within = [](Host& host, Duration limit) {
    return ClientConnection::open(host, FakeBroker::address(), "test", host.clock().deadline_in(limit));
  };
  broker.run([&](Host& host) {
    auto opened = open_within(host, seconds(2));
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Errc::timed_out);
  });
  broker.stop();
  broker.run([&](Host& host) { EXPECT_FALSE(open_within(host, seconds(2)).has_value()); });
}

// Whatever bytes arrive as responses, each call ends in time with an error or a response, and nothing leaks.
RC_GTEST_PROP(ClientConnection, OutlivesAnyBytes, (std::uint64_t seed)) {
  auto versions = *rc::gen::arbitrary<std::string>();
  auto noise = *rc::gen::arbitrary<std::string>();
  bool plausible = *rc::gen::arbitrary<bool>();  // with a valid size and id
  bool close = *rc::gen::arbitrary<bool>();
  FakeBroker broker(
      {},
      [&](const Asked& asked) {
        bool first = asked.api == ApiKey::api_versions;
        if (first && versions.size() % 2 == 0) return answer_versions(asked, {ApiKey::metadata});
        const auto& bytes = first ? versions : noise;
        if (!plausible) return raw(bytes, close);
        std::string id(4, '\0');
        store_big(id.data(), asked.id);
        return raw(size_prefix(static_cast<std::int32_t>(bytes.size() + 4)) + id + bytes, close);
      },
      seed);
  bool ended = false;
  broker.run([&](Host& host) {
    auto opened = ClientConnection::open(host, FakeBroker::address(), "test", host.clock().deadline_in(seconds(5)));
    for (int i = 0; opened && i < 3; ++i) {
      auto response = call(host, **opened);
      if (!response && response.error().code == Errc::corrupt) RC_ASSERT((*opened)->broken());
    }
    ended = host.clock().now() <= Instant{} + seconds(21);
  });
  RC_ASSERT(ended);
}

}  // namespace
}  // namespace fulmar
