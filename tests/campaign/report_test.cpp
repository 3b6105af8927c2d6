// Reports have what happens in failing lives, and pages are made of reports, capsules and seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "campaign/build_id.h"
#include "campaign/exit_codes.h"
#include "campaign/life_recording.h"
#include "campaign/recorded_findings.h"
#include "reports/store.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"
#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t failing_seed = 3;

struct ReportTest : testing::Test {
  std::string folder = testing::TempDir() + "report-" + std::to_string(getpid()) + "/";
  std::string database = folder + "report.sqlite", page = folder + "page.html", capsule = folder + "a.capsule.json";
  void SetUp() override {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
  }
  void TearDown() override {
    counting::version = {};
    std::filesystem::remove_all(folder);
  }
  static Ran count(const std::vector<std::string>& arguments) { return run(counting::simulator(), arguments); }
  json document() const { return json::parse(ReportStore::open_copy(database).value()->document().value()); }
  // What the page has.
  json data() const {
    auto html = tiny::content(page);
    const std::string open = "<script type=\"application/json\" id=\"report-data\">";
    auto from = html.find(open) + open.size();
    return json::parse(html.substr(from, html.find("</script>", from) - from));
  }
};

TEST_F(ReportTest, ACampaignKeepsWhatHappensInTheShortestLifeOfEachFinding) {
  auto ran = count({"run", "--seeds", "1..12", "--jobs", "1", "--report", database});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_EQ(ran.errors, "");
  auto finding = document()["findings"][0];
  EXPECT_EQ(document()["findings"].size(), 1u);
  auto plan = counting::plan_of_seed(finding["seed"]);
  std::uint64_t all = 0;
  LifeOptions options;
  options.happening = [&](const Happening&) { ++all; };
  counting::scenario().run(plan, options);
  EXPECT_EQ(finding["life"]["happenings"]["all"], all);
  EXPECT_EQ(finding["life"]["happenings"]["number"].size(), std::min<std::size_t>(all, happenings_kept_max));
  EXPECT_EQ(json::parse(finding["life"]["capsule"].get<std::string>())["plan"]["seed"], finding["seed"]);
}

TEST_F(ReportTest, LivesThatTookTooLongOrAreOfAnotherBuildAreNotPlayedAgain) {
  auto store = ReportStore::in_memory().value();
  auto plan = counting::plan_of_seed(failing_seed);
  auto add = [&](const std::string& signature, const std::string& build) {
    auto campaign = store->begin_campaign({.name = signature + build, .build = build}).value();
    LifeReport life{.scenario = "counting", .seed = failing_seed, .signature = signature};
    life.plan = plan_to_json(plan, counting::scenario().terms);
    life.violations = {{"a", "b", "", {}}};
    ASSERT_TRUE(store->add_life(campaign, life).has_value());
  };
  add("the process lives: hang", build_id());
  add("the process lives: memory", build_id());
  add("the count stays: lost", "another");
  auto recorded = record_findings(*store, counting::simulator(), {}).value();
  EXPECT_EQ(recorded.recorded, 0u);
  EXPECT_EQ(recorded.left, 3u);
}

TEST_F(ReportTest, OfALongLifeThoseNearestToTheViolationAreKept) {
  auto plan = counting::plan_of_seed(failing_seed);
  auto violation = counting::scenario().run(plan, {}).violations.at(0);
  std::vector<Happening> all;
  LifeOptions options;
  options.happening = [&](const Happening& happening) { all.push_back(happening); };
  counting::scenario().run(plan, options);
  auto recording = record_life(counting::scenario(), plan, {}, violation.at, signature_of(violation), {"a note"}, 100);
  ASSERT_TRUE(recording.has_value());
  EXPECT_EQ(recording->all, all.size());
  ASSERT_EQ(recording->happenings.size(), 100u);
  auto nodes = counting::scenario().terms.node_names(plan);
  auto first = recording->happenings.front().number - 1;
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(recording->happenings[i], reported(all[first + i], nodes));
  EXPECT_LE(recording->happenings[89].at, violation.at);
  EXPECT_GT(recording->happenings[90].at, violation.at);
  EXPECT_THAT(recording->capsule, HasSubstr("a note"));
  EXPECT_EQ(recording->nodes, nodes);
  auto early = record_life(counting::scenario(), plan, {}, Instant{}, signature_of(violation), {}, 100);
  EXPECT_EQ(early->happenings.size(), 100u) << "those after it, if there are few before it";
}

TEST_F(ReportTest, OfACrashWhatWasBeforeIsKept) {
  auto plan = counting::plan_of_seed(failing_seed);
  auto lost = counting::scenario().run(plan, {}).violations.at(0).at;
  counting::version.asserts = true;
  EXPECT_EQ(count({"run", "--seeds", "3", "--jobs", "1", "--report", database}).code, exit_violation);
  auto finding = document()["findings"][0];
  EXPECT_THAT(finding["signature"].get<std::string>(), HasSubstr("crash"));
  std::int64_t last = 0;
  for (const auto& step : finding["life"]["happenings"]["at"]) last += step.get<std::int64_t>();
  EXPECT_GE(last, lost.ns);
}

TEST_F(ReportTest, APageIsMadeOfAReportWhichStaysAsItIs) {
  count({"run", "--seeds", "1..6", "--jobs", "1", "--report", database});
  auto before = tiny::content(database);
  auto ran = count({"report", database, "-o", page});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  EXPECT_EQ(ran.out, page + "\n");
  EXPECT_EQ(data(), document());
  EXPECT_EQ(tiny::content(database), before);
}

TEST_F(ReportTest, APageIsMadeOfASeedAndOfACapsuleWithWhatExplainFinds) {
  EXPECT_EQ(count({"report", "--scenario", "counting", "--seed", "3", "-o", page}).code, 0);
  EXPECT_EQ(data()["findings"][0]["seed"], failing_seed);
  EXPECT_EQ(data()["findings"][0]["replay"], "counting-sim replay --scenario counting --seed 3");
  EXPECT_TRUE(data()["findings"][0]["life"]["explanation"].is_null());
  count({"replay", "--scenario", "counting", "--seed", "3", "--capsule", capsule});
  auto ran = count({"report", capsule, "--explain", "-o", page});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  auto life = data()["findings"][0]["life"];
  EXPECT_EQ(data()["findings"][0]["replay"], "counting-sim replay " + capsule);
  EXPECT_GT(life["happenings"]["number"].size(), 100u);
  EXPECT_GT(life["explanation"]["curve"].size(), 10u);
  EXPECT_FALSE(life["explanation"]["cone"].empty());
  EXPECT_TRUE(life["explanation"]["neighbour"].is_null()) << "it fails without any one of its faults";
}

TEST_F(ReportTest, ExplainAddsTheLifeAndWhatItFindsToAReport) {
  count({"run", "--seeds", "1..6", "--jobs", "1", "--report", database});
  auto lives = document()["campaigns"].size();
  auto ran = count(
      {"explain", "--scenario", "counting", "--seed", "3", "--moments", "3", "--futures", "2", "--report", database});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  EXPECT_EQ(document()["campaigns"].size(), lives + (document()["findings"][0]["seed"] == failing_seed ? 0 : 1));
  counting::version = {};
  EXPECT_EQ(count({"explain", "--scenario", "counting", "--seed", "3", "--moments", "2", "--futures", "1", "--report",
                   folder + "new.sqlite"})
                .code,
            0);
  database = folder + "new.sqlite";
  auto life = document()["findings"][0]["life"];
  EXPECT_GE(life["explanation"]["curve"].size(), 2u);
  EXPECT_GT(life["happenings"]["number"].size(), 100u);
}

TEST_F(ReportTest, WrongInputIsRefusedInOneSentenceAndNothingIsOverwritten) {
  auto refused = [&](std::vector<std::string> arguments, const std::string& why) {
    auto ran = count(arguments);
    EXPECT_EQ(ran.code, exit_usage) << why;
    EXPECT_THAT(ran.errors, HasSubstr(why));
    return ran.errors;
  };
  std::ofstream(page) << "of last time";
  refused({"report", "-o", page}, "a FILE, or --scenario S and --seed N, is needed");
  refused({"report", database}, "-o FILE.html is needed");
  refused({"report", database, "-o", page}, database + ": can't be read");
  count({"run", "--seeds", "1..3", "--jobs", "1", "--report", database});
  refused({"report", database, "-o", database}, "-o must be another file");
  refused({"report", database, "--explain", "-o", page}, "--explain is for a single life");
  refused({"report", database, "--seed", "1", "-o", page}, "none can be given beside it");
  refused({"report", database, "--faults", "none", "-o", page}, "none can be given beside it");
  refused({"report", "--scenario", "counting", "--seed", "2", "-o", page}, "the life is clean");
  refused({"report", database, "-o", folder + "no/page.html"}, "No such file or directory");
  {
    auto empty = ReportStore::open(folder + "empty.sqlite");
  }
  refused({"report", folder + "empty.sqlite", "-o", page}, "there are no lives in it");
  std::ofstream(folder + "bad.capsule.json") << "{";
  refused({"report", folder + "bad.capsule.json", "-o", page}, "bad.capsule.json");
  EXPECT_EQ(tiny::content(page), "of last time");
}

}  // namespace
}  // namespace fulmar
