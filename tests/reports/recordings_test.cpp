// What is kept of failing lives, and the page that is made of a report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "reports/document.h"
#include "reports/page.h"
#include "reports/schema.h"
#include "reports/store.h"

namespace fulmar {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string error_of(const auto& result) {
  return result.has_value() ? "" : result.error().detail;
}

LifeReport failing(std::uint64_t seed, const std::string& anomaly) {
  return {.scenario = "churn",
          .seed = seed,
          .hash = seed,
          .events = 1000 + seed,
          .simulated_seconds = 30,
          .wall_seconds = 0.5,
          .cpu_seconds = 0.25,
          .ended_seconds = 4 * static_cast<double>(seed),
          .settings = {{"brokers", 3}},
          .faults = {{"kill", 1.5, 2.5, "broker10", {}, {}}, {"cut", 0.5, 1, "broker2", "client0", 7}},
          .marks = {{"long poll", 3}, {"lookup", 0}},
          .violations = {{"durability", anomaly, "</script> it's gone", 12.5}},
          .signature = "durability: " + anomaly,
          .plan = R"({"scenario": "churn"})",
          .description = "what it violates",
          .replay = "replay it"};
}

ReportedHappening happening(std::uint64_t number, const char* kind) {
  return {.number = number,
          .kind = kind,
          .events = 10 * number,
          .at = Instant{static_cast<std::int64_t>(number) * 1'000'001},
          .node = "broker2"};
}

Recording recorded() {
  Recording recording{.nodes = {"broker2", "broker10"},
                      .all = 9,
                      .capsule = R"({"format": 1, "notes": ["kill broker10: without it, of 5 lives 5 are clean"]})"};
  auto& told = recording.happenings;
  told = {happening(3, "sent"), happening(4, "received"), happening(5, "sync"), happening(8, "state")};
  told[0].peer = told[1].node = "broker10";
  told[0].shard = 1;
  told[0].bytes = 77;
  told[1].cause = 3;
  told[2].began = Instant{4'000'000};
  told[2].subject = "a.log";
  told[3].subject = "orders-0";
  told[3].values = {{"role", "leader"}, {"epoch", "4"}};
  recording.operations = {{"producer 1", "sends", Instant{1'000'000}, Instant{2'500'000}, "ok"},
                          {"consumer 1", "reads", Instant{3'000'000}, {}, "pending"}};
  return recording;
}

Explanation explained() {
  return {.curve = {{10, Instant{1'000'000'000}, 10, 1}, {20, Instant{2'000'000'000}, 10, 9}},
          .steepest = 0,
          .failure = Instant{12'500'000'000},
          .events = {"1.2s broker2 is killed"},
          .nearest = Explanation::Neighbour{"kill broker10", "is clean", 17, {"a"}, {"b", "c"}}};
}

struct RecordingsTest : testing::Test {
  std::string path = testing::TempDir() + "fulmar-recordings-" + std::to_string(getpid()) + ".sqlite";
  void TearDown() override { forget(path); }
  static void forget(const std::string& file) {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
  }
  // A report with two findings, the shorter life of one of which is recorded and explained.
  std::unique_ptr<ReportStore> filled() const {
    auto store = ReportStore::open(path).value();
    auto campaign =
        store->begin_campaign({.name = "one", .build = "abc", .scenarios = {"churn"}, .last_seed = 9}).value();
    auto clean = failing(1, "");
    clean.violations.clear();
    clean.signature = clean.plan = clean.replay = clean.description = "";
    EXPECT_EQ(error_of(store->add_life(campaign, clean)), "");
    EXPECT_EQ(error_of(store->add_life(campaign, failing(5, "lost-write"))), "");
    auto life = store->add_life(campaign, failing(2, "lost-write")).value();
    EXPECT_EQ(error_of(store->add_life(campaign, failing(3, "lost-truncate"))), "");
    EXPECT_EQ(error_of(store->keep(life, Recording{.all = 1, .happenings = {happening(1, "log")}})), "");
    EXPECT_EQ(error_of(store->keep(life, recorded())), "") << "replaces the one before";
    EXPECT_EQ(error_of(store->keep(life, explained())), "");
    EXPECT_EQ(error_of(store->end_campaign(campaign, 25, true)), "");
    return store;
  }
};

TEST_F(RecordingsTest, FindingsAreTheShortestLivesAndKnowWhetherTheyAreRecorded) {
  auto findings = filled()->findings().value();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].signature, "durability: lost-write");
  EXPECT_EQ(findings[0].hash, 2u);
  EXPECT_EQ(findings[0].build, "abc");
  EXPECT_EQ(findings[0].plan, R"({"scenario": "churn"})");
  EXPECT_TRUE(findings[0].recorded);
  EXPECT_FALSE(findings[1].recorded);
}

TEST_F(RecordingsTest, TheDocumentHasTheOverviewOfAllLives) {
  auto document = json::parse(filled()->document().value());
  EXPECT_EQ(document["title"], "churn: 4 lives");
  EXPECT_EQ(document["campaigns"][0]["lives"], 4);
  EXPECT_EQ(document["campaigns"][0]["last_seed"], 9);
  const auto& scenario = document["scenarios"][0];
  EXPECT_EQ(scenario["failed"], 3);
  EXPECT_EQ(scenario["marks"], json::parse(R"({"long poll": [4, 4.0], "lookup": [0, null]})"));
  EXPECT_EQ(scenario["faults"], json::parse(R"({"kill": [4, 3], "cut": [4, 3]})"));
  auto sum = [](const json& numbers) {
    std::uint64_t all = 0;
    for (const auto& number : numbers) all += number.get<std::uint64_t>();
    return all;
  };
  EXPECT_EQ(sum(document["timeline"]["lives"]), 4u);
  EXPECT_EQ(sum(document["timeline"]["failed"]), 3u);
  EXPECT_EQ(document["findings"][0]["lives"], 2);
  EXPECT_EQ(document["findings"][0]["seed"], 2);
  EXPECT_EQ(document["findings"][0]["first_seconds"], 8.0);
  EXPECT_TRUE(document["findings"][1]["life"]["happenings"].is_null());
}

TEST_F(RecordingsTest, TheDocumentHasWhatHappenedInAFindingsLife) {
  auto life = json::parse(filled()->document().value())["findings"][0]["life"];
  const auto& told = life["happenings"];
  EXPECT_EQ(told["all"], 9);
  EXPECT_EQ(told["nodes"], (json{"broker2", "broker10", "client0"})) << "as recorded, and then those that faults name";
  EXPECT_EQ(told["number"], (json{3, 1, 1, 3}));
  EXPECT_EQ(told["at"], (json{3'000'003, 1'000'001, 1'000'001, 3'000'003}));
  EXPECT_EQ(told["kind"], (json{0, 1, 3, 8}));
  EXPECT_EQ(told["node"], (json{0, 1, 0, 0}));
  EXPECT_EQ(told["peer"], (json{1, -1, -1, -1}));
  EXPECT_EQ(told["shard"], (json{1, -1, -1, -1}));
  EXPECT_EQ(told["cause"], (json{0, 1, 0, 0}));
  EXPECT_EQ(told["began"], (json{-1, -1, 1'000'005, -1}));
  EXPECT_EQ(told["values"], json::parse(R"({"3": {"role": "leader", "epoch": "4"}})"));
  EXPECT_EQ(
      life["operations"],
      json::parse(R"([["producer 1", "sends", 1000, 2500, "ok"], ["consumer 1", "reads", 3000, -1, "pending"]])"));
  EXPECT_EQ(life["notes"][0], "kill broker10: without it, of 5 lives 5 are clean");
  EXPECT_EQ(life["explanation"]["curve"][1],
            json::parse(R"({"event": 20, "at_seconds": 2.0, "lives": 10, "failed": 9})"));
  EXPECT_EQ(life["explanation"]["neighbour"]["passing"], (json{"b", "c"}));
  EXPECT_EQ(life["faults"][0]["kind"], "cut") << "by time";
}

TEST_F(RecordingsTest, ADocumentLeavesOutTheFirstHappeningsIfThereAreTooMany) {
  filled();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  auto told = life_document(database, 3, 2).value()["happenings"];
  EXPECT_EQ(told["number"], (json{5, 3}));
  EXPECT_EQ(told["all"], 9);
  sqlite3_close(database);
}

TEST_F(RecordingsTest, ThePageHasTheDocumentAndNoTagOfIts) {
  auto page = html_page(filled()->document().value());
  EXPECT_THAT(page, testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("\\u003c/script> it's gone"));
  EXPECT_THAT(page, Not(HasSubstr("</script> it's gone")));
  EXPECT_THAT(page, Not(HasSubstr("@REPORT_DATA@")));
}

TEST_F(RecordingsTest, ACopyIsOfThisVersionAndTheFileStaysAsItIs) {
  for (bool fourth : {false, true}) {
    forget(path);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    auto old = std::string(report_schema) + (fourth ? report_schema_recordings : "") +
               (fourth ? "PRAGMA user_version=4;" : "PRAGMA user_version=3;") +
               " INSERT INTO campaigns VALUES(1, 'one', NULL, NULL, 'complete', 3, 'churn', 1, 2, "
               "1, 1, 0, 0,"
               " '', NULL); INSERT INTO lives VALUES(1, 1, 'churn', 1, '0f', 5, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);";
    ASSERT_EQ(sqlite3_exec(database, old.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
    auto size = std::filesystem::file_size(path);
    auto copy = ReportStore::open_copy(path).value();
    EXPECT_EQ(json::parse(copy->document().value())["title"], "churn: 1 life");
    EXPECT_EQ(std::filesystem::file_size(path), size);
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    EXPECT_EQ(error_of(ReportStore::open(path)), "") << "and becomes one of this version when it is written to";
  }
}

TEST_F(RecordingsTest, MergedReportsKeepTheirRecordings) {
  filled();
  auto into = path + ".merged";
  forget(into);
  {
    auto store = ReportStore::open(into).value();
    auto campaign = store->begin_campaign({.name = "other", .scenarios = {"churn"}}).value();
    EXPECT_EQ(error_of(store->add_life(campaign, failing(1, "other"))), "");
    EXPECT_EQ(error_of(store->add_report(path)), "");
    auto life = json::parse(store->document().value())["findings"][0]["life"];
    EXPECT_EQ(life["happenings"]["number"], (json{3, 1, 1, 3}));
    EXPECT_EQ(life["operations"].size(), 2u);
    EXPECT_EQ(life["explanation"]["curve"].size(), 2u);
  }
  forget(into);
}

}  // namespace
}  // namespace fulmar
