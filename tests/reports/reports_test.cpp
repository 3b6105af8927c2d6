#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "reports/junit.h"
#include "reports/store.h"

namespace fulmar {
namespace {

struct ReportStoreTest : testing::Test {
  std::string path = testing::TempDir() + "fulmar-report-" + std::to_string(getpid()) + ".sqlite";
  void TearDown() override {
    for (auto suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  }
};

TEST_F(ReportStoreTest, KeepsRunsAndViolationsAcrossOpenings) {
  std::int64_t campaign = 0;
  {
    auto store = ReportStore::open(path).value();
    campaign = store->begin_campaign("single-broker", 1, 2).value();
    StoredRun clean{1, 0xffffffffffffffffULL, 100, 0.5, {}, {{"long poll", 3}, {"lookup", 0}}};
    StoredRun failed{2, 7, 100, 0.5, {{"durability", "lost-write", "it's gone"}}, {{"long poll", 4}, {"lookup", 0}}};
    EXPECT_TRUE(store->add_run(campaign, clean, "").has_value());
    EXPECT_TRUE(store->add_run(campaign, failed, "{}").has_value());
  }
  auto store = ReportStore::open(path).value();
  EXPECT_EQ(store->run_count(campaign).value(), 2);
  EXPECT_EQ(store->marks(campaign).value(), (std::map<std::string, std::uint64_t>{{"long poll", 7}, {"lookup", 0}}));
  auto failed = store->failed_runs(campaign).value();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].seed, 2u);
  EXPECT_EQ(failed[0].hash, 7u);
  EXPECT_EQ(failed[0].violations, (std::vector<StoredViolation>{{"durability", "lost-write", "it's gone"}}));
}

TEST_F(ReportStoreTest, RefusesWhatIsNoReport) {
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_FALSE(ReportStore::open(path).has_value());
  EXPECT_FALSE(ReportStore::open("/nonexistent/report.sqlite").has_value());
}

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

TEST_F(ReportStoreTest, LeavesADatabaseOfSomethingElseAsItIs) {
  execute(path, "CREATE TABLE prices(fruit TEXT)");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + " is a database, and no report");
  execute(path, "PRAGMA user_version=1");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + " is a report of version 1");
}

TEST_F(ReportStoreTest, SaysWhatHasBecomeOfItsTables) {
  auto store = ReportStore::open(path).value();
  auto campaign = store->begin_campaign("single-broker", 1, 2).value();
  execute(path, "DROP TABLE marks");
  EXPECT_EQ(error_of(store->add_run(campaign, {1, 7, 100, 0.5, {}, {{"long poll", 3}}}, "")),
            path + ": no such table: marks");
  EXPECT_EQ(error_of(store->marks(campaign)), path + ": no such table: marks");
  EXPECT_EQ(store->run_count(campaign).value(), 0) << "what could not be written whole is not there in part";
  execute(path, "DROP TABLE campaigns");
  EXPECT_EQ(error_of(store->begin_campaign("single-broker", 1, 2)), path + ": no such table: campaigns");
}

TEST_F(ReportStoreTest, SaysThatSomebodyElseHasLockedIt) {
  auto store = ReportStore::open(path).value();
  sqlite3* other = nullptr;
  execute(path, "BEGIN EXCLUSIVE", &other);
  EXPECT_EQ(error_of(store->begin_campaign("single-broker", 1, 2)), path + ": database is locked");
  EXPECT_EQ(error_of(ReportStore::open(path)), path + ": database is locked");
  sqlite3_close(other);
  EXPECT_EQ(error_of(store->begin_campaign("single-broker", 1, 2)), "");
}

// Like a full disk.
TEST_F(ReportStoreTest, SaysThatTheFileCantGrow) {
  auto store = ReportStore::open(path).value();
  auto campaign = store->begin_campaign("single-broker", 1, 100).value();
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  rlimit limit = unlimited;
  limit.rlim_cur = 200'000;
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string error;
  std::int64_t kept = 0;
  for (std::uint64_t seed = 1; seed <= 100 && error.empty(); ++seed) {
    error = error_of(store->add_run(campaign, {seed, 7, 100, 0.5, {}, {}}, std::string(10'000, 'x')));
    kept += error.empty();
  }
  EXPECT_NE(error, "");
  setrlimit(RLIMIT_FSIZE, &unlimited);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(store->run_count(campaign).value(), kept);
  EXPECT_EQ(error_of(store->add_run(campaign, {200, 7, 100, 0.5, {}, {}}, "")), "") << "once it has room again";
}

TEST(Junit, IsCheckedBeforehandAndLeavesNothing) {
  auto path = testing::TempDir() + "fulmar-junit-" + std::to_string(getpid()) + ".xml";
  EXPECT_TRUE(check_writable(path).has_value());
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "of last time";
  EXPECT_TRUE(check_writable(path).has_value());
  EXPECT_EQ(std::filesystem::file_size(path), 12u);
  EXPECT_TRUE(write_junit(path, "s", {}).has_value());
  EXPECT_GT(std::filesystem::file_size(path), 12u);
  std::filesystem::remove(path);
  EXPECT_EQ(error_of(check_writable("/nonexistent/a.xml")), "/nonexistent/a.xml: No such file or directory");
  EXPECT_EQ(error_of(check_writable(testing::TempDir())), testing::TempDir() + ": Is a directory");
  EXPECT_EQ(error_of(write_junit("/dev/full", "s", {})), "/dev/full: No space left on device");
}

TEST(Junit, EscapesWhatALifeMaySay) {
  auto xml = junit_xml("s", {{"seed 1", 0.5, ""}, {"seed 2", 1, "<a> & \"b\"\x01"}});
  EXPECT_NE(xml.find("tests=\"2\" failures=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("&lt;a&gt; &amp; &quot;b&quot;?"), std::string::npos);
}

}  // namespace
}  // namespace fulmar
