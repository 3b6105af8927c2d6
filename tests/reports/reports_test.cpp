#include <gtest/gtest.h>
#include <unistd.h>

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
    campaign = store->begin_campaign("single-broker", 1, 2);
    store->add_run(campaign, {1, 0xffffffffffffffffULL, 100, 0.5, {}, {{"long poll", 3}, {"lookup", 0}}}, "");
    store->add_run(campaign,
                   {2, 7, 100, 0.5, {{"durability", "lost-write", "it's gone"}}, {{"long poll", 4}, {"lookup", 0}}},
                   "{}");
  }
  auto store = ReportStore::open(path).value();
  EXPECT_EQ(store->run_count(campaign), 2);
  EXPECT_EQ(store->marks(campaign), (std::map<std::string, std::uint64_t>{{"long poll", 7}, {"lookup", 0}}));
  auto failed = store->failed_runs(campaign);
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

TEST(Junit, EscapesWhatALifeMaySay) {
  auto xml = junit_xml("s", {{"seed 1", 0.5, ""}, {"seed 2", 1, "<a> & \"b\"\x01"}});
  EXPECT_NE(xml.find("tests=\"2\" failures=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("&lt;a&gt; &amp; &quot;b&quot;?"), std::string::npos);
}

}  // namespace
}  // namespace fulmar
