#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "reports/file.h"
#include "reports/github_summary.h"
#include "reports/junit.h"
#include "reports/store.h"
#include "reports/totals.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

std::string error_of(const auto& result) {
  return result.has_value() ? "" : result.error().detail;
}

void execute(const std::string& path, const char* sql, sqlite3** keep = nullptr) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  if (keep)
    *keep = database;
  else
    sqlite3_close(database);
}

// All rows, with | between columns and ; after each.
std::string query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  std::string all;
  auto add = [](void* into, int count, char** columns, char**) {
    for (int i = 0; i < count; ++i)
      *static_cast<std::string*>(into) += (i > 0 ? "|" : "") + std::string(columns[i] ? columns[i] : "NULL");
    *static_cast<std::string*>(into) += ";";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), add, &all, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
  return all;
}

CampaignReport campaign_named(const std::string& name) {
  return {.name = name,
          .build = "abc",
          .begun = "2026-11-29T23:30:00Z",
          .scenarios = {"churn", "disk"},
          .first_seed = 1,
          .last_seed = 9,
          .settings = {{"brokers", 5}},
          .faults = {{"kill", "pause"}}};
}

LifeReport clean_life(std::uint64_t seed) {
  return {.scenario = "churn",
          .seed = seed,
          .hash = 0xffffffffffffffffULL,
          .events = 1000 + seed,
          .simulated_seconds = 100,
          .wall_seconds = 0.5,
          .cpu_seconds = 0.25,
          .ended_seconds = 3,
          .settings = {{"brokers", 5}, {"shards", 2}},
          .faults = {{"pause", 1.5, 2.5, "broker1", {}, {}}, {"flap", 2, 1, "broker0", "client0", 7}},
          .operations = {{"sends", 12}},
          .marks = {{"long poll", 3}, {"lookup", 0}},
          .sightings = {{"long poll", 12}}};
}

LifeReport failed_life(std::uint64_t seed) {
  auto life = clean_life(seed);
  life.violations = {{"durability", "lost-write", "it's gone", 12.5}, {"order", "duplicate", "twice", {}}};
  life.signature = "durability: lost-write";
  life.plan = "{}";
  life.description = "seed 2 violates ...";
  life.replay = "replay it";
  return life;
}

struct ReportStoreTest : testing::Test {
  std::string path = testing::TempDir() + "fulmar-report-" + std::to_string(getpid()) + ".sqlite";
  void TearDown() override {
    for (auto suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  }
};

TEST_F(ReportStoreTest, KeepsLivesAcrossOpenings) {
  std::int64_t campaign = 0;
  {
    auto store = ReportStore::open(path).value();
    campaign = store->begin_campaign(campaign_named("one")).value();
    EXPECT_TRUE(store->add_life(campaign, clean_life(1)).has_value());
    EXPECT_TRUE(store->add_life(campaign, failed_life(2)).has_value());
  }
  auto store = ReportStore::open(path).value();
  Totals totals;
  std::vector<LifeReport> lives;
  EXPECT_TRUE(store
                  ->each_life(campaign,
                              [&](const LifeReport& life) {
                                totals.add(life);
                                lives.push_back(life);
                              })
                  .has_value());
  ASSERT_EQ(lives.size(), 2u);
  EXPECT_EQ(lives[0].hash, 0xffffffffffffffffULL);
  EXPECT_EQ(lives[1].violations, failed_life(2).violations);
  EXPECT_EQ(lives[1].description, "seed 2 violates ...");
  EXPECT_EQ(totals.scenarios["churn"].marks, (std::map<std::string, std::uint64_t>{{"long poll", 6}, {"lookup", 0}}));
  EXPECT_EQ(totals.findings["durability: lost-write"].seed, 2u);
  EXPECT_EQ(query(path, "SELECT kind, at_seconds, duration_seconds, target, peer, amount FROM faults WHERE life = 1"),
            "pause|1.5|2.5|broker1|NULL|NULL;flap|2.0|1.0|broker0|client0|7;");
  EXPECT_EQ(query(path, "SELECT setting, value FROM settings WHERE life = 2"), "brokers|5;shards|2;");
  EXPECT_EQ(query(path, "SELECT property, at_seconds FROM violations"), "durability|12.5;order|NULL;");
}

TEST_F(ReportStoreTest, TheShortestLifeOfAFindingIsTheOneWithTheFewestEventsThatAreKnown) {
  auto store = ReportStore::open(path).value();
  auto campaign = store->begin_campaign(campaign_named("one")).value();
  auto unknown = failed_life(1);
  unknown.events = 0;
  Totals totals;
  for (const auto& life : {unknown, failed_life(8), failed_life(3), failed_life(4)}) {
    EXPECT_EQ(error_of(store->add_life(campaign, life)), "");
    totals.add(life);
  }
  EXPECT_EQ(totals.findings["durability: lost-write"].seed, 3u);
  EXPECT_EQ(query(path, "SELECT signature, lives, seed, events FROM findings"), "durability: lost-write|4|3|1003;");
  execute(path, "DELETE FROM lives WHERE events IS NOT NULL");
  EXPECT_EQ(query(path, "SELECT lives, seed, events FROM findings"), "1|1|NULL;");
}

TEST_F(ReportStoreTest, AnUnfinishedCampaignCanGoOn) {
  auto store = ReportStore::open(path).value();
  EXPECT_EQ(error_of(store->unfinished()), path + " has no unfinished campaign");
  auto campaign = store->begin_campaign(campaign_named("one")).value();
  EXPECT_TRUE(store->add_life(campaign, clean_life(4)).has_value());
  auto unfinished = store->unfinished().value();
  EXPECT_EQ(unfinished.id, campaign);
  EXPECT_EQ(unfinished.elapsed_seconds, 3) << "of the last life, if the process was killed";
  EXPECT_EQ(unfinished.played.at("churn"), (PlayedSeeds{{4, {{"long poll", 12}}}}));
  EXPECT_EQ(unfinished.campaign.scenarios, (std::vector<std::string>{"churn", "disk"}));
  EXPECT_EQ(unfinished.campaign.last_seed, 9u);
  EXPECT_EQ(unfinished.campaign.settings, campaign_named("one").settings);
  EXPECT_EQ(unfinished.campaign.faults, campaign_named("one").faults);
  EXPECT_TRUE(store->end_campaign(campaign, 7, false).has_value());
  EXPECT_EQ(store->unfinished().value().elapsed_seconds, 7);
  EXPECT_TRUE(store->end_campaign(campaign, 8, true).has_value());
  EXPECT_FALSE(store->unfinished().has_value());
}

TEST_F(ReportStoreTest, AReportOfVersionTwoBecomesOneOfThisVersion) {
  execute(path, R"sql(
    CREATE TABLE campaigns(id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, first_seed INTEGER NOT NULL,
      last_seed INTEGER NOT NULL);
    CREATE TABLE runs(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL, hash TEXT NOT NULL,
      simulated_seconds REAL NOT NULL, wall_seconds REAL NOT NULL, clean INTEGER NOT NULL, plan TEXT NOT NULL);
    CREATE TABLE violations(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL,
      property TEXT NOT NULL, anomaly TEXT NOT NULL, text TEXT NOT NULL);
    CREATE TABLE marks(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL, mark TEXT NOT NULL,
      count INTEGER NOT NULL);
    CREATE INDEX marks_by_name ON marks(campaign, mark);
    CREATE INDEX runs_by_seed ON runs(campaign, seed);
    CREATE INDEX violations_by_seed ON violations(campaign, seed);
    PRAGMA user_version=2;
    INSERT INTO campaigns VALUES(1, 'churn', 1, 2), (2, 'disk', 5, 5), (3, 'groups', 1, 9);
    INSERT INTO runs VALUES(1, 1, '00ff', 10, 0.5, 1, ''), (1, 2, '01ff', 20, 0.25, 0,
      '{"scenario": "churn", "seed": 2, "settings": {"brokers": 5}, "faults": [{"kind": "pause", "at_us": 1500000,
        "duration_us": 20000, "target": "broker1", "peer": "client0", "amount": 3}]}'), (2, 5, '02ff', 30, 1, 0, '');
    INSERT INTO violations VALUES(1, 2, 'order', 'duplicate', 'twice'), (1, 2, 'durability', 'lost-write', 'gone'),
      (2, 5, 'the process lives', 'crash', 'it died');
    INSERT INTO marks VALUES(1, 1, 'lookup', 4), (1, 2, 'lookup', 0), (2, 5, 'lookup', 1);)sql");
  auto store = ReportStore::open(path).value();
  EXPECT_EQ(query(path, "PRAGMA user_version"), "5;");
  EXPECT_EQ(query(path,
                  "SELECT c.id, l.scenario, l.seed, l.hash, l.failed, s.signature FROM campaigns c LEFT JOIN lives l"
                  " ON l.campaign = c.id LEFT JOIN signatures s ON s.id = l.signature ORDER BY c.id, l.id"),
            "1|churn|1|00ff|0|NULL;1|churn|2|01ff|1|order: duplicate;2|disk|5|02ff|1|the process lives: crash;"
            "3|NULL|NULL|NULL|NULL|NULL;");
  EXPECT_EQ(query(path, "SELECT life, setting, value FROM settings"), "2|brokers|5;");
  EXPECT_EQ(query(path, "SELECT * FROM faults"), "2|0|pause|1.5|0.02|broker1|client0|3;");
  EXPECT_EQ(query(path, "SELECT life, number, anomaly FROM violations"), "2|0|duplicate;2|1|lost-write;3|0|crash;");
  EXPECT_EQ(query(path, "SELECT life, count FROM marks"), "1|4;2|0;3|1;");
  EXPECT_EQ(query(path, "SELECT replay FROM findings WHERE scenario = 'churn'"), "replay --scenario churn --seed 2;");
  EXPECT_EQ(query(path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'old_%' OR name = 'runs'"), "0;");
  EXPECT_EQ(query(path, "SELECT count(*) FROM happenings"), "0;");
  EXPECT_FALSE(store->unfinished().has_value());
  EXPECT_EQ(error_of(store->begin_campaign(campaign_named("one"))), "");
}

TEST_F(ReportStoreTest, RefusesWhatIsNoReport) {
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_FALSE(ReportStore::open(path).has_value());
  EXPECT_FALSE(ReportStore::open("/nonexistent/report.sqlite").has_value());
  EXPECT_FALSE(ReportStore::open_existing(path + ".not").has_value());
}

TEST_F(ReportStoreTest, LeavesADatabaseOfSomethingElseAsItIs) {
  execute(path, "CREATE TABLE prices(fruit TEXT)");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + " is a database, and no report");
  execute(path, "PRAGMA user_version=1");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + " is a report of version 1, which is older than 2");
  execute(path, "PRAGMA user_version=6");
  std::ifstream before(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(before)), {});
  EXPECT_EQ(error_of(ReportStore::open(path)),
            path + " is a report of version 6, and this program knows versions up to 5");
  std::ifstream after(path, std::ios::binary);
  EXPECT_EQ(std::string((std::istreambuf_iterator<char>(after)), {}), bytes);
}

TEST_F(ReportStoreTest, SaysWhatHasBecomeOfItsTables) {
  auto store = ReportStore::open(path).value();
  auto campaign = store->begin_campaign(campaign_named("one")).value();
  execute(path, "DROP TABLE marks");
  EXPECT_EQ(error_of(store->add_life(campaign, clean_life(1))), path + ": no such table: marks");
  EXPECT_EQ(query(path, "SELECT count(*) FROM lives"), "0;") << "what could not be written whole is not there in part";
  execute(path, "DROP TABLE campaigns");
  EXPECT_EQ(error_of(store->begin_campaign(campaign_named("two"))), path + ": no such table: campaigns");
}

TEST_F(ReportStoreTest, SaysThatSomebodyElseHasLockedIt) {
  auto store = ReportStore::open(path).value();
  sqlite3* other = nullptr;
  execute(path, "BEGIN EXCLUSIVE", &other);
  EXPECT_EQ(error_of(store->begin_campaign(campaign_named("one"))), path + ": database is locked");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + ": database is locked");
  sqlite3_close(other);
  EXPECT_EQ(error_of(store->begin_campaign(campaign_named("one"))), "");
}

// Like a full disk.
TEST_F(ReportStoreTest, SaysThatTheFileCantGrow) {
  auto store = ReportStore::open(path).value();
  auto campaign = store->begin_campaign(campaign_named("one")).value();
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit limit = unlimited;
  limit.rlim_cur = 200'000;
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string error;
  std::int64_t kept = 0;
  for (std::uint64_t seed = 1; seed <= 100 && error.empty(); ++seed) {
    auto life = failed_life(seed);
    life.plan = std::string(10'000, 'x');
    error = error_of(store->add_life(campaign, life));
    kept += error.empty();
  }
  EXPECT_NE(error, "");
  setrlimit(RLIMIT_FSIZE, &unlimited);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(query(path, "SELECT count(*) FROM lives"), std::to_string(kept) + ";");
  EXPECT_EQ(error_of(store->add_life(campaign, clean_life(200))), "") << "once it has room again";
}

TEST(ReportFile, IsCheckedBeforehandAndLeavesNothing) {
  auto path = testing::TempDir() + "fulmar-junit-" + std::to_string(getpid()) + ".xml";
  EXPECT_TRUE(check_writable(path).has_value());
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "of last time";
  EXPECT_TRUE(check_writable(path).has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 12u);
  EXPECT_TRUE(write_file(path, "more than that").has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 14u);
  EXPECT_TRUE(append_file(path, "!").has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 15u);
  std::filesystem::remove(path);
  EXPECT_EQ(error_of(check_writable("/nonexistent/a.xml")), "/nonexistent/a.xml: No such file or directory");
  EXPECT_EQ(error_of(check_writable(testing::TempDir())), testing::TempDir() + ": Is a directory");
  EXPECT_EQ(error_of(write_file("/dev/full", "s")), "/dev/full: No space left on device");
}

TEST(ReportFile, StaysAsItWasIfTheNewOneCantBeWritten) {
  auto path = testing::TempDir() + "fulmar-kept-" + std::to_string(getpid()) + ".xml";
  std::ofstream(path) << "of last time";
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit limit = unlimited;
  limit.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &limit);
  auto written = write_file(path, std::string(100'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &unlimited);
  std::signal(SIGXFSZ, before);
  EXPECT_FALSE(written.has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 12u);
  EXPECT_FALSE(std::filesystem::exists(path + ".unfinished"));
  std::filesystem::remove(path);
}

TEST(Junit, EscapesWhatALifeMaySay) {
  auto xml = junit_xml({{"s", {{"seed 1", 0.5, ""}, {"seed 2", 1, "<a> & \"b\"\x01"}}}, {"t", {}}});
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"s\" tests=\"2\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"t\" tests=\"0\" failures=\"0\""));
  EXPECT_THAT(xml, HasSubstr("&lt;a&gt; &amp; &quot;b&quot;?"));
}

TEST(GithubSummary, HasATableOfFindingsAndEscapesWhatALifeMaySay) {
  Totals totals;
  totals.add(clean_life(1));
  auto life = failed_life(2);
  life.signature = "a|b <script> `c`";
  life.description = "```\nnot the end";
  totals.add(life);
  auto text = github_summary(totals, 185, "churn: no life has reached \"x\"\n");
  EXPECT_THAT(text, HasSubstr("## 2 lives, 1 finding, 3:05\n"));
  EXPECT_THAT(text, HasSubstr("| churn | 2 | 1 | 1 of 2 |"));
  EXPECT_THAT(text, HasSubstr("| 1 | a\\|b &lt;script&gt; \\`c\\` | `replay it` |"));
  EXPECT_THAT(text, HasSubstr("````text\n```\nnot the end\n````\n"));
  EXPECT_THAT(text, HasSubstr("### Marks that have to be reached\n\n```text\nchurn: no life has reached \"x\"\n```"));
  EXPECT_THAT(text, HasSubstr("### Never reached\n\n- churn: lookup\n"));
  EXPECT_THAT(github_summary({}, 0, ""), testing::StartsWith("## 0 lives, no findings\n"));
}

}  // namespace
}  // namespace fulmar
