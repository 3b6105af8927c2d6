// Sessions, driven by hand: a client from outside is answered, whatever it does; faults are triggered and ended over
// HTTP; and the same events give the same hash.
#include "scenarios/serve/session.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "broker/protocol/endian.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/api_versions.h"
#include "scenarios/plan_settings.h"
#include "scenarios/serve/served_plan.h"

namespace fulmar {
namespace {

using What = OutsideEvent::What;
using nlohmann::json;

// A session and its clients.
class Driven {
 public:
  explicit Driven(SessionSetup setup)
      : session(std::move(setup), [this](Instant, const std::string& what) { told.push_back(what); }) {
    auto formed = session.form();
    EXPECT_TRUE(formed.has_value()) << formed.error().detail;
  }

  void happen(std::uint64_t connection, What what, std::string_view bytes = {}, std::uint64_t count = 0) {
    OutsideEvent event{session.now(), connection, what, Bytes::copy_of(bytes), count};
    auto possible = session.check(event);
    ASSERT_TRUE(possible.has_value()) << possible.error().detail;
    events.push_back(event);
    session.apply(event);
  }
  std::uint64_t open(std::size_t listener) {
    auto id = next_++;
    happen(id, What::opened, {}, listener);
    return id;
  }
  void run(Duration duration) { session.run_until(session.now() + duration); }
  // What has come for the connection, once it is over or some time has passed.
  std::string received(std::uint64_t connection, Duration patience = seconds(2)) {
    std::string all;
    for (auto until = session.now() + patience; session.now() < until;) {
      run(milliseconds(10));
      for (const auto& bytes : session.take(connection)) all += bytes.view();
      if (session.state(connection) != Bridge::State::open) break;
    }
    return all;
  }
  // The status and the JSON.
  std::pair<int, json> ask(const std::string& method, const std::string& path, const std::string& body = {}) {
    auto id = open(session.listeners() - 1);
    happen(id, What::bytes,
           method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
    auto answer = received(id);
    happen(id, What::closed);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << answer;
    return {std::stoi(answer.substr(9)), json::parse(answer.substr(answer.find("\r\n\r\n")))};
  }

  std::vector<std::string> told;
  std::vector<OutsideEvent> events;
  ServedSession session;

 private:
  std::uint64_t next_ = 1;
};

SessionSetup calm_setup(std::uint64_t seed = 1) {
  SessionSetup setup;
  setup.plan =
      served_plan("disk", seed, {.settings = {{"brokers", 3}, {"replication_factor", 3}}, .faults = {}}).value();
  setup.ports = {9092, 9093, 9094};
  setup.calm = true;
  return setup;
}

std::string versions_request() {
  return std::string(request_frame(ApiVersionsRequest{}, 0, 77, "outsider").flatten().view());
}

TEST(ServedSession, AnswersClientsFromOutside) {
  Driven driven(calm_setup());
  for (std::size_t broker = 0; broker < 3; ++broker) {
    auto id = driven.open(broker);
    driven.happen(id, What::bytes, versions_request());
    auto answer = driven.received(id, seconds(1));
    ASSERT_GT(answer.size(), 8U);
    EXPECT_EQ(load_big<std::int32_t>(answer.data() + 4), 77);
    driven.happen(id, What::ended);
    driven.received(id);
    EXPECT_EQ(driven.session.state(id), Bridge::State::ended);
    driven.happen(id, What::closed);
  }
}

TEST(ServedSession, ABrokerThatIsDownBreaksConnectionsAndRefusesThem) {
  Driven driven(calm_setup());
  auto before = driven.open(0);
  driven.run(milliseconds(100));
  EXPECT_EQ(driven.session.state(before), Bridge::State::open);
  EXPECT_EQ(driven.ask("POST", "/faults", R"({"kind": "kill", "target": "broker1", "duration_ms": 20000})").first, 201);
  driven.run(milliseconds(100));
  EXPECT_NE(driven.session.state(before), Bridge::State::open);
  auto after = driven.open(0);
  driven.run(milliseconds(100));
  EXPECT_EQ(driven.session.state(after), Bridge::State::broken);
}

// More than fits between the ends, in both directions.
TEST(ServedSession, ASlowClientHoldsUpOnlyItself) {
  Driven driven(calm_setup());
  auto http = driven.session.listeners() - 1;
  auto slow = driven.open(http);
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET /faults/kinds HTTP/1.1\r\nHost: x\r\n\r\n";
  driven.happen(slow, What::bytes, requests);
  driven.run(seconds(2));
  std::size_t got = 0;
  for (const auto& bytes : driven.session.take(slow)) got += bytes.size();
  EXPECT_GE(got, Bridge::buffered_bytes_max);
  EXPECT_LT(got, 2 * Bridge::buffered_bytes_max);
  driven.run(seconds(2));
  EXPECT_TRUE(driven.session.take(slow).empty());
  EXPECT_EQ(driven.ask("GET", "/status").first, 200);
  driven.happen(slow, What::acknowledged, {}, got);
  driven.run(seconds(2));
  EXPECT_FALSE(driven.session.take(slow).empty());
  // It goes away with much under way.
  driven.happen(slow, What::closed);
  EXPECT_EQ(driven.ask("GET", "/status").first, 200);
}

TEST(ServedSession, FaultsAreTriggeredShownAndEndedOverHttp) {
  Driven driven(calm_setup());
  auto [status, fault] =
      driven.ask("POST", "/faults", R"({"kind": "cut", "target": "broker1", "peer": "client0", "amount": 1})");
  ASSERT_EQ(status, 201) << fault;
  EXPECT_EQ(fault["state"], "active");
  EXPECT_EQ(fault["duration_ms"], 5000);
  ASSERT_EQ(driven.told.size(), 1U);
  EXPECT_EQ(driven.told[0], "nothing passes between broker1 and client0, to broker1 (cut) for 5.0 s");
  auto path = "/faults/" + std::to_string(fault["id"].get<int>());
  EXPECT_EQ(driven.ask("GET", "/faults").second["active"].size(), 1U);
  EXPECT_EQ(driven.ask("DELETE", path).second["state"], "past");
  EXPECT_EQ(driven.ask("DELETE", path).first, 409);
  EXPECT_EQ(driven.ask("GET", "/faults").second["past"].size(), 1U);
  EXPECT_EQ(driven.ask("GET", "/faults/99").first, 404);
  EXPECT_EQ(driven.ask("DELETE", "/faults/99").first, 404);
  // One that ends by itself only.
  auto flap = driven.ask("POST", "/faults", R"({"kind": "flap", "target": "broker1", "peer": "broker2", "amount": 9})");
  EXPECT_EQ(flap.first, 201) << flap.second;
  EXPECT_EQ(driven.ask("DELETE", "/faults/" + std::to_string(flap.second["id"].get<int>())).first, 409);
  driven.run(seconds(6));
  EXPECT_TRUE(driven.ask("GET", "/faults").second["active"].empty());
}

TEST(ServedSession, WhatIsNoFaultIsRefusedInOneSentence) {
  Driven driven(calm_setup());
  auto refusal = [&](const std::string& body) {
    auto [status, answer] = driven.ask("POST", "/faults", body);
    EXPECT_EQ(status, 400) << body;
    return answer.value("error", "");
  };
  EXPECT_EQ(refusal("{"), "it is not JSON, from byte 2 on");
  EXPECT_EQ(refusal("[]"), "the fault must be an object");
  EXPECT_EQ(refusal(R"({"kind": "pause"})"), "the fault lacks 'target'");
  EXPECT_NE(refusal(R"({"kind": "pause", "target": "broker1", "much": 1})").find("'much'"), std::string::npos);
  EXPECT_EQ(refusal(R"({"kind": "paus", "target": "broker1"})"),
            "there is no kind of fault 'paus'; did you mean pause?");
  EXPECT_EQ(refusal(R"({"kind": "pause", "target": "broker9"})").substr(0, 63),
            "the fault: 'target' is 'broker9', which is no machine of this s");
  EXPECT_NE(refusal(R"({"kind": "pause", "target": "client0"})").find("its target must be a broker"),
            std::string::npos);
  EXPECT_EQ(refusal(R"({"kind": "pause", "target": "broker1", "amount": 3})"), "a fault of kind pause has no 'amount'");
  EXPECT_EQ(refusal(R"({"kind": "cut", "target": "broker1"})"), "a fault of kind cut needs a 'peer'");
  EXPECT_NE(refusal(R"({"kind": "cut", "target": "broker1", "peer": "broker1"})").find("another node"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"kind": "cut", "target": "broker1", "peer": "broker2", "amount": 3})").find("from 0 to 2"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"kind": "kill", "target": "broker1", "duration_ms": -1})").find("'duration_ms'"),
            std::string::npos);
  EXPECT_TRUE(driven.told.empty());
}

// As plans do, sessions take acknowledged data from a minority of the disks only.
TEST(ServedSession, OnlyAMinorityOfDisksLosesData) {
  Driven driven(calm_setup());
  auto wipe = [&](const char* broker) {
    return driven.ask("POST", "/faults",
                      std::string(R"({"kind": "wipe", "duration_ms": 100, "target": ")") + broker + "\"}");
  };
  EXPECT_EQ(wipe("broker2").first, 201);
  auto refused = wipe("broker3");
  EXPECT_EQ(refused.first, 400);
  EXPECT_EQ(refused.second["error"],
            "only the disk of broker2 may lose data in this session, as more than that is not promised to survive");
  driven.run(seconds(20));
  EXPECT_EQ(wipe("broker2").first, 201);
  driven.run(seconds(20));
  EXPECT_TRUE(driven.session.violations().empty());
}

TEST(ServedSession, PlannedFaultsStrikeWindowAfterWindowUnlessTheyArePaused) {
  auto setup = calm_setup();
  setup.calm = false;
  setup.after = seconds(2);
  setup.plan.set(settings::safety_ms, 10'000);
  Driven driven(setup);
  EXPECT_TRUE(driven.ask("GET", "/faults").second["planned"].empty());
  driven.run(seconds(12));
  auto first = driven.told.size();
  EXPECT_GT(first, 0U);
  driven.run(seconds(30));
  auto later = driven.told.size();
  EXPECT_GT(later, first);
  EXPECT_EQ(driven.ask("POST", "/calm").second["paused"], true);
  driven.run(seconds(40));
  EXPECT_EQ(driven.told.size(), later);
  EXPECT_EQ(driven.ask("POST", "/faults/resume").second["paused"], false);
  driven.run(seconds(40));
  EXPECT_GT(driven.told.size(), later);
  EXPECT_TRUE(driven.session.violations().empty());
}

TEST(ServedSession, TheSameEventsGiveTheSameHashInWhateverSlicesTheWorldRuns) {
  auto setup = calm_setup(3);
  setup.calm = false;
  setup.after = seconds(1);
  setup.topics = {{"orders", 3, 3}};
  std::vector<OutsideEvent> events;
  Instant end;
  std::uint64_t hash = 0;
  {
    Driven driven(setup);
    for (int i = 0; i < 20; ++i) {
      auto id = driven.open(static_cast<std::size_t>(i % 3));
      driven.happen(id, What::bytes, versions_request());
      driven.received(id, milliseconds(400));
      if (i % 2 == 0) driven.happen(id, What::ended);
      if (i % 3 == 0) driven.happen(id, What::closed);
      if (i == 7) driven.ask("POST", "/faults", R"({"kind": "pause", "target": "broker1"})");
    }
    events = driven.events;
    end = driven.session.now();
    hash = driven.session.hash();
  }
  auto play = [&](bool lacks_one_byte) {
    ServedSession again(setup, [](Instant, const std::string&) {});
    EXPECT_TRUE(again.form().has_value());
    for (auto event : events) {
      again.run_until(event.at);
      if (lacks_one_byte && event.what == What::bytes) {
        event.bytes = event.bytes.slice(1);
        lacks_one_byte = false;
      }
      again.apply(event);
    }
    again.run_until(end);
    return again.hash();
  };
  EXPECT_EQ(play(false), hash);
  EXPECT_NE(play(true), hash);
}

TEST(ServedSession, EventsThatCanNotBeAreRefused) {
  Driven driven(calm_setup());
  auto refusal = [&](std::uint64_t connection, What what, std::string_view bytes, std::uint64_t count) {
    auto possible = driven.session.check({driven.session.now(), connection, what, Bytes::copy_of(bytes), count});
    return possible ? std::string() : possible.error().detail;
  };
  EXPECT_EQ(refusal(1, What::opened, {}, 4), "connection 1 is to a broker that the session does not have");
  EXPECT_EQ(refusal(1, What::ended, {}, 0), "connection 1 is not open");
  auto id = driven.open(0);
  EXPECT_EQ(refusal(id, What::opened, {}, 0), "connection 1 is opened twice");
  EXPECT_EQ(refusal(id, What::acknowledged, {}, 1), "connection 1 has taken more than it was given");
  EXPECT_EQ(refusal(id, What::bytes, std::string(Bridge::buffered_bytes_max + 1, 'x'), 0),
            "connection 1 has more bytes than there was room for");
  driven.happen(id, What::closed);
  EXPECT_EQ(refusal(id, What::closed, {}, 0), "connection 1 is not open");
}

TEST(ServedTopic, IsReadFromText) {
  EXPECT_EQ(parse_served_topic("a").value(), (ServedTopic{"a", 1, -1}));
  EXPECT_EQ(parse_served_topic("a:3").value(), (ServedTopic{"a", 3, -1}));
  EXPECT_EQ(parse_served_topic("a:3:2").value(), (ServedTopic{"a", 3, 2}));
  for (const auto* wrong : {"", ":1", "a:", "a:0", "a:x", "a:1:", "a:1:0", "a:1:2:3", "a:1001", "a:1:99999"})
    EXPECT_FALSE(parse_served_topic(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace fulmar
