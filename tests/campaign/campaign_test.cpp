// Campaigns of several scenarios: how they end, what they report, how they go on, and how reports are merged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "campaign/exit_codes.h"
#include "reports/store.h"
#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

using testing::HasSubstr;
using testing::Not;
using tiny::content;
using tiny::fresh_file;
using tiny::query;
using tiny::run;

TEST(Campaign, PlaysAllScenariosIfNoneIsNamed) {
  auto ran = run({"run", "--seeds", "1..4"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("2 scenarios, seeds 1..4, "));
  EXPECT_THAT(ran.out, HasSubstr("\nsteady: 4 lives"));
  EXPECT_THAT(ran.out, HasSubstr("\nunlucky: 4 lives"));
  EXPECT_THAT(ran.out, HasSubstr("\nall: 8 lives"));
  EXPECT_THAT(ran.out, Not(HasSubstr("canary")));
}

TEST(Campaign, PlaysFreshSeedsForATimeAndSaysWhich) {
  auto ran = run({"run", "--scenario", "steady", "--time", "0.2s"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, testing::ContainsRegex("^steady, seeds 1[0-9]{12}\\.\\., for 0 s"));
}

TEST(Campaign, EndsAtTheFirstFailure) {
  auto ran = run({"run", "--scenario", "unlucky", "--seeds", "1..", "--until-first-failure", "--jobs", "1"});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("\nunlucky: 5 lives"));
  EXPECT_THAT(ran.out, HasSubstr("until the first failure"));
}

TEST(Campaign, GroupsFailuresOfOneCauseAndShowsTheShortest) {
  auto ran = run({"run", "--scenario", "unlucky,steady", "--seeds", "1..100"});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("findings: 2\n"));
  // Steps are 10 + seed % 7: of 10, 20, ... 100 the first that is a multiple of 7 is 70; of 5, 15, ... it is 35.
  EXPECT_THAT(ran.out, HasSubstr("  10 lives: walking: fell; the shortest: unlucky seed 70\n"
                                 "    tiny-sim replay --scenario unlucky --seed 70\n"));
  EXPECT_THAT(ran.out, HasSubstr("  10 lives: walking: stumbled; the shortest: unlucky seed 35\n"));
  auto shown = [&](const std::string& what) {
    std::size_t count = 0;
    for (auto at = ran.out.find(what); at != std::string::npos; at = ran.out.find(what, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(shown("violates walking: fell"), 1u) << "one of them is shown in full";
}

TEST(Campaign, WhatWasChosenIsInTheLinesThatReplayALife) {
  auto report = fresh_file("chosen.db");
  auto ran = run(
      {"run", "--scenario", "unlucky", "--seeds", "1..5", "--set", "steps=3", "--faults", "kill", "--report", report});
  EXPECT_EQ(ran.code, exit_violation);
  auto line = std::string("tiny-sim replay --scenario unlucky --seed 5 --set steps=3 --faults kill");
  EXPECT_THAT(ran.out, HasSubstr(line));
  EXPECT_EQ(query(report, "SELECT replay FROM findings"), line);
  EXPECT_EQ(query(report, "SELECT settings || ' ' || faults FROM campaigns"), "steps=3 kill");
  EXPECT_EQ(query(report, "SELECT count(*) FROM settings WHERE setting = 'steps' AND value = 3"), "5");
  EXPECT_EQ(query(report, "SELECT count(*) FROM faults"), "2");  // of seeds 2 and 4; the others' are pauses
  auto replayed = run({"replay", "--scenario", "unlucky", "--seed", "5", "--set", "steps=3", "--faults", "kill"});
  EXPECT_THAT(replayed.out, HasSubstr("after 3 steps"));
  EXPECT_THAT(replayed.out, HasSubstr(line));
}

TEST(Campaign, TellsWhichMarksWereReachedAndWhichNever) {
  auto ran = run({"run", "--scenario", "steady", "--seeds", "1..7", "--marks"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, testing::ContainsRegex("marks of the code: 1 of [0-9]+ reached; never reached:\n"));
  EXPECT_THAT(ran.out, HasSubstr("\n  tiny: thousandth seed;\n"));
  EXPECT_THAT(ran.out, HasSubstr("         2         2  tiny: third seed\n"));
  EXPECT_THAT(ran.out, HasSubstr("     never            tiny: thousandth seed\n"));
  EXPECT_THAT(ran.out, HasSubstr("         4         4  paused\n"));
}

TEST(Campaign, FailsWithoutAMarkThatIsRequired) {
  auto file = fresh_file("required");
  std::ofstream(file) << "# of every night\ntiny: third seed\n\ntiny: thousandth seed  # rare\n";
  auto without = run({"run", "--scenario", "steady", "--seeds", "1..7", "--require-marks", file});
  EXPECT_EQ(without.code, exit_violation);
  EXPECT_THAT(without.out, HasSubstr("no life has reached \"tiny: thousandth seed\", which is required\n"));
  EXPECT_THAT(without.out, Not(HasSubstr("no life has reached \"tiny: third seed\"")));
  auto with = run({"run", "--scenario", "steady", "--seeds", "999..1000", "--require-marks", file});
  EXPECT_EQ(with.code, 0);
}

TEST(Campaign, RefusesRequiredMarksThatTheProgramDoesNotHave) {
  auto file = fresh_file("required");
  std::ofstream(file) << "tiny: third sed\n";
  auto ran = run({"run", "--scenario", "steady", "--seeds", "1..7", "--require-marks", file});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, HasSubstr(file + ": this program has no mark 'tiny: third sed' in its code; did you mean "
                                           "tiny: third seed?"));
  std::ofstream(file) << "# none\n";
  EXPECT_EQ(run({"run", "--scenario", "steady", "--seeds", "1..7", "--require-marks", file}).code, exit_usage);
  EXPECT_EQ(run({"run", "--scenario", "steady", "--seeds", "1..7", "--require-marks", file + "x"}).code, exit_usage);
}

TEST(Campaign, AScenarioFileChoosesScenarioSettingsAndFaults) {
  auto file = fresh_file("scenario.json");
  std::ofstream(file) << R"({"scenario": "unlucky", "settings": {"steps": 3}, "faults": ["kill"]})";
  auto ran = run({"run", "--seeds", "1..5", "--scenario-file", file});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("unlucky, seeds 1..5 --set steps=3 --faults kill, "));
  EXPECT_THAT(ran.out, HasSubstr("tiny-sim replay --scenario unlucky --seed 5 --set steps=3 --faults kill"));
  EXPECT_THAT(run({"run", "--seeds", "1..5", "--scenario-file", file, "--set", "steps=4"}).errors,
              HasSubstr("--scenario-file has the scenario"));
  auto refusal = [&](const std::string& text) {
    std::ofstream(file) << text;
    auto refused = run({"run", "--seeds", "1..5", "--scenario-file", file});
    EXPECT_EQ(refused.code, exit_usage);
    EXPECT_EQ(std::count(refused.errors.begin(), refused.errors.end(), '\n'), 1) << refused.errors;
    return refused.errors;
  };
  EXPECT_THAT(refusal("{"), HasSubstr("it is not JSON"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky"})"), HasSubstr("lacks 'settings'"));
  EXPECT_THAT(refusal(R"({"scenario": "lucky", "settings": {}})"), HasSubstr("there is no scenario 'lucky'"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky", "settings": {"stepz": 3}})"), HasSubstr("has no setting 'stepz'"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky", "settings": {"steps": "3"}})"), HasSubstr("must be a whole number"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky", "settings": {}, "faults": ["kil"]})"),
              HasSubstr("there is no kind of fault kil; did you mean kill?"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky", "settings": {}, "faults": ["kill", "kill"]})"), HasSubstr("twice"));
  EXPECT_THAT(refusal(R"({"scenario": "unlucky", "settings": {}, "fault": []})"), HasSubstr("has no member 'fault'"));
  EXPECT_THAT(run({"run", "--seeds", "1..5", "--scenario-file", "/nonexistent.json"}).errors,
              HasSubstr("/nonexistent.json: can't be read"));
}

TEST(Campaign, WhatNoScenarioCanPlayIsRefusedInOneSentence) {
  auto report = fresh_file("refused.db");
  for (const auto& options :
       {std::vector<std::string>{"--set", "stepz=1"}, {"--faults", "kil"}, {"--faults", "clog"}}) {
    std::vector<std::string> arguments{"run", "--seeds", "1..5", "--report", report};
    arguments.insert(arguments.end(), options.begin(), options.end());
    auto ran = run(arguments);
    EXPECT_EQ(ran.code, exit_usage);
    EXPECT_EQ(std::count(ran.errors.begin(), ran.errors.end(), '\n'), 1) << ran.errors;
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_FALSE(std::ifstream(report).good()) << "no report is made for it";
}

TEST(Campaign, OptionsThatExcludeEachOtherAreErrors) {
  auto refused = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    auto ran = run(arguments);
    EXPECT_EQ(ran.code, exit_usage) << ran.out;
    return ran.errors.substr(0, ran.errors.find('\n'));
  };
  EXPECT_EQ(refused({"--resume"}), "tiny-sim: --resume needs the --report of the campaign");
  EXPECT_THAT(refused({"--resume", "--report", "a.db", "--seeds", "1..2"}), HasSubstr("--resume goes on with"));
  EXPECT_THAT(refused({"--shard", "1/2", "--time", "1s"}), HasSubstr("--shard needs --seeds"));
  EXPECT_THAT(refused({"--shard", "3/2", "--seeds", "1..9"}), HasSubstr("--shard must be I/N"));
  EXPECT_THAT(refused({"--scenario", "steady,steady"}), HasSubstr("--scenario names steady twice"));
  EXPECT_THAT(refused({"--scenario", "stedy"}), HasSubstr("unknown scenario stedy; did you mean steady?"));
  EXPECT_THAT(refused({"--seeds", "5..3"}), HasSubstr("--seeds must be A..B"));
  EXPECT_THAT(refused({"--seeds", "0..18446744073709551615"}), HasSubstr("not above 9223372036854775807"));
  EXPECT_THAT(refused({"--seeds", "1..99999999999999999999999"}), HasSubstr("--seeds must be A..B"));
  EXPECT_THAT(refused({"--seed", "1"}), HasSubstr("unrecognised option '--seed'"));
  auto ran = run({"merge", "a.db", "-o", "b.db", "--junit", "c.xml"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, HasSubstr("unrecognised option '--junit'"));
}

TEST(Campaign, ResumesWhereAReportWasInterrupted) {
  auto report = fresh_file("resumed.db"), junit = fresh_file("resumed.xml");
  EXPECT_EQ(run({"run", "--scenario", "unlucky", "--seeds", "1..20", "--faults", "kill", "--report", report}).code, 1);
  auto nothing = run({"run", "--resume", "--report", report});
  EXPECT_EQ(nothing.code, exit_usage);
  EXPECT_EQ(nothing.errors, "tiny-sim: " + report + " has no unfinished campaign\n");
  // As if the process had been killed after a few lives.
  query(report, "DELETE FROM violations WHERE life > 7");
  query(report, "DELETE FROM lives WHERE id > 7");
  query(report, "UPDATE campaigns SET state = 'running'");
  auto hash = query(report, "SELECT hash FROM lives WHERE seed = 3");
  for (const auto* table : {"plans", "settings", "faults", "operations", "marks"})
    query(report, std::string("DELETE FROM ") + table + " WHERE life > 7");
  auto ran = run({"run", "--resume", "--report", report, "--junit", junit});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("unlucky, seeds 1..20 --faults kill, "));
  EXPECT_THAT(ran.out, HasSubstr("unlucky: 20 lives")) << "the summary is of all";
  EXPECT_EQ(query(report, "SELECT count(DISTINCT seed) || ' of ' || count(*) FROM lives"), "20 of 20");
  EXPECT_EQ(query(report, "SELECT count(*) || state FROM campaigns"), "1complete");
  EXPECT_EQ(query(report, "SELECT hash FROM lives WHERE seed = 3"), hash);
  EXPECT_THAT(content(junit), HasSubstr("tests=\"20\" failures=\"4\""));
}

TEST(Campaign, AnotherBuildDoesNotResumeACampaign) {
  auto report = fresh_file("other-build.db");
  run({"run", "--scenario", "steady", "--seeds", "1..3", "--report", report});
  query(report, "UPDATE campaigns SET state = 'interrupted'");
  query(report, "UPDATE builds SET build = 'another'");
  auto ran = run({"run", "--resume", "--report", report});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, HasSubstr("is of another build of this program"));
}

TEST(Campaign, ReportsOfShardsAreMerged) {
  auto all = fresh_file("all.db"), summary = fresh_file("all.md");
  std::vector<std::string> arguments{"merge"};
  for (const auto* shard : {"1/3", "2/3", "3/3"}) {
    auto report = fresh_file(std::string("shard") + shard[0] + ".db");
    auto ran = run({"run", "--seeds", "1..20", "--shard", shard, "--report", report});
    EXPECT_THAT(ran.out, HasSubstr("shard " + std::string(1, shard[0]) + " of 3"));
    arguments.push_back(report);
  }
  for (const auto* more : {"-o", all.c_str(), "--github-summary", summary.c_str()}) arguments.emplace_back(more);
  auto ran = run(arguments);
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("unlucky: 20 lives, 4 with violations"));
  EXPECT_THAT(ran.out, HasSubstr("findings: 2\n  2 lives: walking: fell"));
  EXPECT_EQ(query(all, "SELECT count(*) FROM campaigns"), "3");
  EXPECT_EQ(query(all, "SELECT count(*) FROM builds"), "1");
  EXPECT_EQ(query(all, "SELECT count(DISTINCT scenario || seed) || ' of ' || count(*) FROM lives"), "40 of 40");
  for (const auto* table : {"settings", "faults", "operations", "marks"})
    EXPECT_EQ(query(all, std::string("SELECT count(DISTINCT life) FROM ") + table), "40") << table;
  EXPECT_EQ(query(all, "SELECT lives || ' ' || seed FROM findings WHERE signature = 'walking: stumbled'"), "2 15");
  EXPECT_EQ(query(all, "SELECT count(*) FROM violations v JOIN lives l ON l.id = v.life WHERE l.failed"), "4");
  EXPECT_EQ(query(all, "SELECT count(*) FROM plans p JOIN lives l ON l.id = p.life AND l.seed % 5 = 0"), "4");
  EXPECT_THAT(content(summary), HasSubstr("## 40 lives, 2 findings\n"));
  for (const auto* suffix : {"-wal", "-shm", ".adding"})
    for (const auto& file : {arguments[1], all}) EXPECT_FALSE(std::ifstream(file + suffix).good()) << file << suffix;

  EXPECT_EQ(run(arguments).code, exit_usage);
  EXPECT_THAT(run(arguments).errors, HasSubstr("all.db exists already"));
  auto twice = run({"merge", arguments[1], arguments[1], "-o", fresh_file("twice.db")});
  EXPECT_EQ(twice.code, exit_usage);
  EXPECT_THAT(twice.errors, HasSubstr("has a campaign that another of the reports has too"));
  EXPECT_FALSE(std::ifstream(testing::TempDir() + "tiny-twice.db").good());
}

TEST(Campaign, WhatIsNoReportIsNotMerged) {
  auto report = fresh_file("good.db"), other = fresh_file("other.db"), newer = fresh_file("newer.db");
  run({"run", "--scenario", "steady", "--seeds", "1..3", "--report", report});
  run({"run", "--scenario", "steady", "--seeds", "1..3", "--report", newer});
  query(newer, "PRAGMA user_version = 99");
  std::ofstream(other) << std::string(5000, 'x');
  auto refusal = [&](const std::string& one) {
    auto into = fresh_file("into.db");
    auto ran = run({"merge", report, one, "-o", into});
    EXPECT_EQ(ran.code, exit_usage);
    EXPECT_EQ(std::count(ran.errors.begin(), ran.errors.end(), '\n'), 1) << ran.errors;
    EXPECT_FALSE(std::ifstream(into).good());
    return ran.errors;
  };
  EXPECT_EQ(refusal(other), "tiny-sim: " + other + ": file is not a database\n");
  EXPECT_EQ(refusal(newer),
            "tiny-sim: " + newer + " is a report of version 99, and this program knows versions up to 5\n");
  EXPECT_EQ(refusal("/nonexistent/a.db"), "tiny-sim: /nonexistent/a.db: there is no such file\n");
  EXPECT_EQ(content(other), std::string(5000, 'x'));
  EXPECT_EQ(query(newer, "SELECT count(*) FROM lives"), "3");
}

TEST(Campaign, TheCanaryIsReportedEverywhere) {
  auto report = fresh_file("canary.db"), junit = fresh_file("canary.xml"), summary = fresh_file("canary.md");
  EXPECT_THAT(run({"list"}).out, Not(HasSubstr("canary")));
  EXPECT_THAT(run({"list", "--all"}).out, HasSubstr("canary  fails on purpose"));
  auto ran = run({"run", "--scenario", "canary", "--seeds", "1..300", "--report", report, "--junit", junit,
                  "--github-summary", summary});
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("canary: 300 lives"));
  EXPECT_THAT(ran.out, HasSubstr("failed seeds: 42 142 242\n"));
  EXPECT_EQ(query(report, "SELECT signature || lives FROM findings"), "the canary sings: silence3");
  EXPECT_THAT(content(junit), HasSubstr("tests=\"300\" failures=\"3\""));
  EXPECT_THAT(content(summary), HasSubstr("| 3 | the canary sings: silence |"));
  EXPECT_EQ(run({"run", "--scenario", "canary", "--seeds", "43..141"}).code, 0);
}

}  // namespace
}  // namespace fulmar
