#include "checkers/log_files.h"

#include <gtest/gtest.h>

#include "broker/log/checkpoint.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {
namespace {

std::string batch(Offset base, int records) {
  std::vector<Record> list(static_cast<std::size_t>(records), Record{std::nullopt, "v", 1000, {}});
  return std::string(build_batch(list, {.base_offset = base}).view());
}

std::vector<std::string> anomalies(const std::map<std::string, std::string>& files) {
  Violations found;
  check_log_files(files, found);
  std::vector<std::string> names;
  for (auto& violation : found) names.push_back(violation.anomaly);
  return names;
}

constexpr const char* first = "t-0/00000000000000000000.log";

TEST(LogFiles, SegmentsThatFollowOnOneAnotherAreFine) {
  EXPECT_TRUE(
      anomalies({{first, batch(0, 2) + batch(2, 1)}, {"t-0/00000000000000000003.log", batch(3, 1)}, {"meta", "x"}})
          .empty());
}

TEST(LogFiles, GapsRubbishAndDamageAreSeen) {
  EXPECT_FALSE(anomalies({{first, batch(0, 2) + batch(3, 1)}}).empty());
  EXPECT_FALSE(anomalies({{first, batch(0, 2)}, {"t-0/00000000000000000003.log", batch(3, 1)}}).empty());
  EXPECT_FALSE(anomalies({{first, batch(0, 2) + "rubbish"}}).empty());
  auto damaged = batch(0, 2);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_FALSE(anomalies({{first, damaged}}).empty());
}

TEST(LogFiles, ALogThatIsBeingDeletedIsNone) {
  const std::string remains = "00000000000000000003.log";
  EXPECT_FALSE(anomalies({{first, batch(0, 2)}, {"t-0/" + remains, batch(3, 1)}}).empty());
  EXPECT_TRUE(anomalies({{"t-0.0a1b-delete/00000000000000000000.log", batch(0, 2)},
                         {"t-0.0a1b-delete/" + remains, batch(3, 1)},
                         {first, batch(0, 2)}})
                  .empty());
}

TEST(LogFiles, AHoleIsFineOnlyWithinASegmentAndBelowWhereTheCheckpointSaysSo) {
  const std::string checkpoint = "t-0/" + std::string(checkpoint_name);
  const auto with_hole = batch(0, 2) + batch(5, 1);
  EXPECT_TRUE(anomalies({{first, with_hole}, {checkpoint, Checkpoint{6, 0, 5}.encode()}}).empty());
  EXPECT_FALSE(anomalies({{first, with_hole}, {checkpoint, Checkpoint{6, 0, 4}.encode()}}).empty());
  EXPECT_FALSE(
      anomalies({{first, with_hole}, {"u-0/" + std::string(checkpoint_name), Checkpoint{6, 0, 5}.encode()}}).empty());
  EXPECT_FALSE(anomalies({{first, batch(0, 2)},
                          {"t-0/00000000000000000003.log", batch(3, 1)},
                          {checkpoint, Checkpoint{6, 0, 5}.encode()}})
                   .empty())
      << "a segment ends where the next one begins";
}

TEST(LogFiles, AnIndexEntryMustPointToItsBatch) {
  auto log = batch(0, 2) + batch(2, 1);
  auto second = static_cast<char>(batch(0, 2).size());
  std::string right{0, 0, 0, 2, 0, 0, 0, second};
  std::string wrong{0, 0, 0, 1, 0, 0, 0, second};
  EXPECT_TRUE(anomalies({{first, log}, {"t-0/00000000000000000000.index", right}}).empty());
  EXPECT_EQ(anomalies({{first, log}, {"t-0/00000000000000000000.index", wrong}}),
            std::vector<std::string>{"wrong-index"});
}

}  // namespace
}  // namespace fulmar
