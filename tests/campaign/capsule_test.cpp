// Capsules: a life as a file, which another version of the code plays, compares and judges.
#include "campaign/capsule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "campaign/exit_codes.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;

constexpr std::uint64_t failing_seed = 3;

std::string content(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class CapsuleFile : public testing::Test {
 protected:
  CapsuleFile() { record(); }
  ~CapsuleFile() override { counting::version = {}; }

  void record() {
    auto capsule = record_capsule(counting::scenario(), counting::plan_of_seed(failing_seed), {});
    ASSERT_TRUE(capsule && write_capsule(path_, *capsule, counting::scenario().terms));
  }
  // As if another build had recorded it.
  void set_build(const std::string& build) {
    edit([&](ordered_json& json) { json["build"] = build; });
  }
  void edit(const std::function<void(ordered_json&)>& change) {
    auto json = ordered_json::parse(content(path_));
    change(json);
    std::ofstream(path_) << json.dump(1);
  }
  Ran replay(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"replay", path_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(counting::simulator(), arguments);
  }
  void expect_refused(const std::string& why) {
    for (const auto* command : {"replay", "verify"}) {
      auto ran = run(counting::simulator(), {command, path_});
      EXPECT_EQ(ran.code, exit_usage);
      EXPECT_EQ(std::count(ran.errors.begin(), ran.errors.end(), '\n'), 1) << ran.errors;
      EXPECT_THAT(ran.errors, HasSubstr(why));
      EXPECT_EQ(ran.out, "");
    }
  }

  std::string path_ = testing::TempDir() + "counting.capsule.json";
};

TEST_F(CapsuleFile, IsReadAsItWasWritten) {
  auto file = read_play_file(path_, counting::simulator());
  ASSERT_TRUE(file.has_value()) << to_string(file.error());
  ASSERT_TRUE(file->capsule.has_value());
  EXPECT_EQ(file->plan, counting::plan_of_seed(failing_seed));
  EXPECT_EQ(file->scenario, &counting::scenario());
  EXPECT_EQ(file->capsule->signature, (Signature{"the count stays", "lost"}));
  EXPECT_EQ(capsule_to_json(*file->capsule, counting::scenario().terms), content(path_));
}

TEST_F(CapsuleFile, KeepsTheBranchesOfItsPlan) {
  auto plan = counting::plan_of_seed(failing_seed);
  plan.branches = {{0, 77}};
  auto capsule = record_capsule(counting::scenario(), plan, {});
  ASSERT_TRUE(capsule && write_capsule(path_, *capsule, counting::scenario().terms));
  EXPECT_EQ(read_play_file(path_, counting::simulator())->plan, plan);
  EXPECT_THAT(replay().out, HasSubstr("The life is the recorded one, event for event.\n"));
}

TEST_F(CapsuleFile, TheSameBuildPlaysTheSameLife) {
  auto ran = replay();
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("The life is the recorded one, event for event.\n"));
  EXPECT_THAT(ran.out, HasSubstr(": the count stays: lost. It still is.\n"));
}

TEST_F(CapsuleFile, OfAnotherVersionSaysFromWhichEventOnTheLifeDiffers) {
  set_build("another");
  counting::version.counts_twice_from = Instant{} + seconds(9);
  auto ran = replay();
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, testing::ContainsRegex("The first [0-9]+ events are as recorded; it differs within the next "
                                              "[0-9]+, at 8.9[0-9]+s; there it now goes:\n"));
  EXPECT_THAT(ran.out, HasSubstr("counts"));
  EXPECT_THAT(ran.out, HasSubstr(": the count stays: lost. It still is.\n"));
}

TEST_F(CapsuleFile, OfAFixedBugSaysThatOneCleanLifeIsNoProof) {
  set_build("another");
  counting::version.fixed = true;
  auto ran = replay();
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr(": the count stays: lost. Now it is clean, which may be chance"));
}

TEST_F(CapsuleFile, OfALifeThatNowFailsOtherwiseSaysSo) {
  edit([](ordered_json& json) { json["violation"]["anomaly"] = "doubled"; });
  EXPECT_THAT(replay().out, HasSubstr(": the count stays: doubled. Now it fails otherwise: the count stays: lost.\n"));
}

TEST_F(CapsuleFile, ALifeThatIsAnotherInTheSameBuildIsNondeterminism) {
  counting::version.counts_twice_from = Instant{} + seconds(9);
  EXPECT_EQ(replay().code, exit_nondeterminism);
}

TEST_F(CapsuleFile, OfACrashComparesTheLifeUntilThen) {
  counting::version.asserts = true;
  record();
  auto file = read_play_file(path_, counting::simulator());
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(to_string(*file->capsule->signature),
              testing::StartsWith("the process lives: crash, assertion failed: !lost < fulmar::counting::(anonymous "
                                  "namespace)::lose_the_count"));
  EXPECT_GT(file->capsule->trace.end().events, 100u);
  auto ran = replay();
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("The life is the recorded one, event for event.\n"));
  EXPECT_THAT(ran.out, HasSubstr("It still is.\n"));

  counting::version.counts_twice_from = Instant{} + milliseconds(100);
  EXPECT_EQ(replay().code, exit_nondeterminism);
  set_build("another");
  counting::version.counts_twice_from = Instant{} + milliseconds(100);
  ran = replay();
  EXPECT_THAT(ran.out, testing::ContainsRegex("The first [0-9]+ events are as recorded; it differs within the next"));
  EXPECT_THAT(ran.out, HasSubstr("It still is.\n"));
}

TEST_F(CapsuleFile, IsWrittenByReplayToo) {
  auto again = testing::TempDir() + "again.capsule.json";
  std::filesystem::remove(again);
  EXPECT_EQ(replay({"--capsule", again}).code, exit_violation);
  EXPECT_EQ(content(again), content(path_));
  auto plan = testing::TempDir() + "counting-plan.json";
  std::ofstream(plan) << plan_to_json(counting::plan_of_seed(failing_seed), counting::scenario().terms);
  EXPECT_EQ(run(counting::simulator(), {"replay", plan, "--capsule", again}).code, exit_violation);
  EXPECT_EQ(content(again), content(path_));
}

TEST_F(CapsuleFile, OfACampaignIsOfTheShortestLifeOfEachSignature) {
  auto folder = testing::TempDir() + "findings/of-counting";
  std::filesystem::remove_all(folder);
  auto ran = run(counting::simulator(), {"run", "--scenario", "counting", "--seeds", "1..12", "--capsules", folder});
  EXPECT_EQ(ran.code, exit_violation);
  std::map<std::uint64_t, std::uint64_t> seeds;  // by events
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    auto life = counting::scenario().run(counting::plan_of_seed(seed), {});
    if (!life.violations.empty()) seeds[life.events] = seed;
  }
  ASSERT_GT(seeds.size(), 1u);
  auto path = folder + "/counting-" + std::to_string(seeds.begin()->second) + ".capsule.json";
  EXPECT_THAT(ran.out, HasSubstr("capsule: " + path + "\n"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_EQ(run(counting::simulator(), {"replay", path}).code, exit_violation);

  ran = run(counting::simulator(), {"run", "--scenario", "counting", "--seeds", "1..12", "--capsules", path});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_EQ(ran.out, "") << "nothing was played";
}

TEST_F(CapsuleFile, ThatCannotBeWrittenIsSaidBeforeAnythingIsPlayedAndNothingIsOverwritten) {
  auto folder = testing::TempDir() + "a-folder";
  std::filesystem::create_directories(folder);
  for (const auto& unwritable : {std::string("/nonexistent/a.capsule.json"), std::string("/dev/null"), folder}) {
    auto ran = replay({"--capsule", unwritable});
    EXPECT_EQ(ran.code, exit_usage) << unwritable;
    EXPECT_EQ(std::count(ran.errors.begin(), ran.errors.end(), '\n'), 1) << ran.errors;
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(CapsuleFile, DamagedOrOfAnotherFormatIsRefusedInOneSentence) {
  auto whole = content(path_);
  auto refuses = [&](const std::function<void(ordered_json&)>& change, const std::string& why) {
    std::ofstream(path_) << whole;
    edit(change);
    expect_refused(why);
  };
  refuses([](ordered_json& json) { json["capsule"] = 2; },
          "it is a capsule of format 2, and this program reads format 1");
  refuses([](ordered_json& json) { json.erase("trace"); }, "the capsule lacks 'trace'");
  refuses([](ordered_json& json) { json["comit"] = ""; }, "the capsule has no member 'comit'; did you mean commit?");
  refuses([](ordered_json& json) { json["trace"]["every"] = 3; }, "'every' must be a power of two");
  refuses([](ordered_json& json) { json["trace"]["every"] = 0; }, "'every' must be a power of two");
  refuses([](ordered_json& json) { json["trace"]["hash"] = "12"; }, "'hash' must have 16 digits");
  refuses([](ordered_json& json) { json["trace"]["hash"] = "012345678abcdefg"; }, "must be in hexadecimal digits");
  refuses([](ordered_json& json) { json["trace"]["hashes"] = {"123"}; }, "must be 4 digits each");
  refuses([](ordered_json& json) { json["trace"]["hashes"] = {std::string(4 * 3000, '1')}; }, "2048 at most");
  refuses([](ordered_json& json) { json["trace"]["hashes"] = {7}; }, "must be a string");
  refuses([](ordered_json& json) { json["trace"]["events"] = -1; }, "'events' must be a whole number that is not");
  refuses([](ordered_json& json) { json["violation"]["details"] = "none"; }, "'details' must be an array");
  refuses([](ordered_json& json) { json["violation"] = 1; }, "the violation must be an object");
  refuses([](ordered_json& json) { json["notes"] = 1; }, "'notes' must be an array");
  refuses([](ordered_json& json) { json["plan"]["scenario"] = "countin"; },
          "it is of scenario 'countin', which this program does not have; did you mean counting?");
  refuses([](ordered_json& json) { json["plan"] = 1; }, "the plan lacks 'scenario'");
  refuses([](ordered_json& json) { json["plan"]["faults"][0]["target"] = "machine10"; }, "the plan has no such node");
  refuses([](ordered_json& json) { json["plan"]["settings"]["pace_ms"] = 0; },
          "'pace_ms' is missing or out of its range");
  refuses([](ordered_json& json) { json["plan"]["branches"] = {{{"event", -5}, {"seed", 1}}}; },
          "'event' must be a whole number");
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 2}) {
    std::ofstream(path_) << whole.substr(0, size);
    expect_refused("it is not JSON, from byte ");
  }
  std::ofstream(path_) << whole << std::string(5 << 20, ' ');
  expect_refused("is larger than any plan or capsule");
  std::filesystem::remove(path_);
  expect_refused("No such file or directory");
}

}  // namespace
}  // namespace fulmar
