// Lines of the log as text and as JSON, the levels of its components, and files that are rotated.
#include "runtime/host/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "runtime/real/log_output.h"
#include "tests/runtime/log_lines.h"

namespace fulmar {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> shown(const LogLevels& levels) {
  std::vector<std::string> all;
  for (const auto& one : levels.all())
    all.push_back(one.name + " " + log_level_name(one.level) + (one.own ? "" : " of root"));
  return all;
}

TEST(LogLevels, AComponentHasTheRootsUntilItHasItsOwn) {
  LogLevels levels(LogLevel::info);
  const auto& raft = levels.of("raft");
  EXPECT_EQ(&raft, &levels.of("raft"));
  EXPECT_TRUE(levels.has("raft"));
  EXPECT_FALSE(levels.has("peer"));
  levels.set("raft", LogLevel::debug);
  levels.set(LogLevels::root, LogLevel::warn);
  EXPECT_EQ(raft, LogLevel::debug);
  EXPECT_EQ(levels.of("peer"), LogLevel::warn) << "a component that came later";
  EXPECT_THAT(shown(levels), ElementsAre("peer WARN of root", "raft DEBUG", "root WARN"));
  levels.set("raft", std::nullopt);
  EXPECT_EQ(raft, LogLevel::warn);
  levels.set(LogLevels::root, LogLevel::trace);
  EXPECT_THAT(shown(levels), ElementsAre("peer TRACE of root", "raft TRACE of root", "root TRACE"));
}

TEST(LogLevels, ManyThreadsMakeEachComponentOnce) {
  LogLevels levels(LogLevel::info);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        levels.of("component " + std::to_string(i));
        if (i % 20 == 0) levels.set(LogLevels::root, i % 40 == 0 ? LogLevel::warn : LogLevel::debug);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(levels.all().size(), 201u);
  levels.set(LogLevels::root, LogLevel::error);
  for (const auto& one : levels.all()) EXPECT_EQ(one.level, LogLevel::error) << one.name;
}

TEST(LogLevels, HaveNames) {
  for (auto level :
       {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::fatal})
    EXPECT_EQ(parse_log_level(log_level_name(level)), level);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warn);
  for (auto name : {"", "Warn", "WARNING", "inf", "off"}) EXPECT_EQ(parse_log_level(name), std::nullopt) << name;
}

TEST(Logger, WritesWhatItsComponentsLevelLetsThrough) {
  LogLines lines;
  Logger log(lines, "main");
  auto raft = log.named("raft");
  raft.debug("unheard");
  lines.levels().set("raft", LogLevel::debug);
  raft.debug("heard");
  log.debug("unheard");
  lines.levels().set("main", LogLevel::fatal);
  log.error("unheard");
  EXPECT_THAT(lines.lines, ElementsAre("heard"));
}

TEST(LogFormat, TextIsOneLineThatCanBeSplit) {
  EXPECT_EQ(log_text("rolled", {{"partition", "orders-0"}, {"base_offset", 4711}, {"clean", true}}),
            "rolled partition=orders-0 base_offset=4711 clean=true");
  EXPECT_EQ(log_text("m", {{"a", ""}, {"b", "two words"}, {"c", "say \"x\"\n\x01"}}),
            "m a=\"\" b=\"two words\" c=\"say \\\"x\\\"\\n?\"");
}

TEST(LogFormat, NoNameEndsALineOrIsMoreThanTextToATerminal) {
  EXPECT_EQ(log_text("group a\nb\x1b[2J: is \"empty\"", {}), "group a\\nb?[2J: is \"empty\"");
  EXPECT_EQ(log_text("Zo\u00eb \u009b2J", {{"name", "Zo\u00eb \u009b2J"}}), "Zo\u00eb ?2J name=\"Zo\u00eb ?2J\"");
  EXPECT_EQ(log_text("\xff\x9b", {{"name", "\xff\xc2"}}), "?? name=\"??\"") << "what is no UTF-8";
}

TEST(LogFormat, JsonIsOneObjectALine) {
  const auto* at = "2026-11-21T09:14:03.120Z";
  EXPECT_EQ(log_json(at, LogLevel::info, "log", "rolled",
                     {{"partition", "orders-0"}, {"base_offset", 4711}, {"clean", true}}),
            R"({"time":"2026-11-21T09:14:03.120Z","level":"INFO","component":"log","message":"rolled",)"
            R"("fields":{"partition":"orders-0","base_offset":4711,"clean":true}})");
  EXPECT_EQ(log_json(at, LogLevel::warn, "c", "m", {}),
            R"({"time":"2026-11-21T09:14:03.120Z","level":"WARN","component":"c","message":"m"})");
  EXPECT_EQ(log_json(at, LogLevel::error, "c", "m", {{"text", "a\n\"b\"\xff"}}),
            "{\"time\":\"2026-11-21T09:14:03.120Z\",\"level\":\"ERROR\",\"component\":\"c\",\"message\":\"m\","
            "\"fields\":{\"text\":\"a\\n\\\"b\\\"\xef\xbf\xbd\"}}");
}

class LogFiles : public ::testing::Test {
 protected:
  LogFiles() : folder_(std::filesystem::temp_directory_path() / ("fulmar-log-test-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~LogFiles() override { std::filesystem::remove_all(folder_); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
  std::filesystem::path folder_;
};

TEST_F(LogFiles, AreRotatedBySizeAndTheOldestGo) {
  LogOutput output{
      .format = LogFormat::json, .file = folder_ / "broker.log", .file_bytes = LogOutput::file_bytes_min, .files = 3};
  {
    auto sink = make_log_sink(output);
    ASSERT_TRUE(sink.has_value()) << to_string(sink.error());
    Logger log(**sink, "main");
    for (int i = 0; i < 200; ++i) log.info("a line", {{"number", i}, {"padding", std::string(80, 'x')}});
  }
  EXPECT_THAT(names(), ElementsAre("broker.1.log", "broker.2.log", "broker.log"));
  std::string last;
  std::ifstream file(folder_ / "broker.log");
  for (std::string line; std::getline(file, line);) last = line;
  EXPECT_NE(last.find("\"number\":199"), std::string::npos) << last;
  for (const auto& name : names()) EXPECT_LE(std::filesystem::file_size(folder_ / name), LogOutput::file_bytes_min);
}

TEST_F(LogFiles, OneThatCanNotBeWrittenIsAnError) {
  auto sink = make_log_sink({.file = folder_.string()});
  ASSERT_FALSE(sink.has_value());
  EXPECT_EQ(sink.error().code, Errc::io_error);
  EXPECT_NE(sink.error().detail.find(folder_.string()), std::string::npos) << sink.error().detail;
}

}  // namespace
}  // namespace fulmar
