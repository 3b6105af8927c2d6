// What compaction may remove from a topic, and what not.
#include <gtest/gtest.h>

#include "broker/protocol/record_builder.h"
#include "checkers/history.h"
#include "checkers/keyed_logs.h"
#include "checkers/replication/removals.h"
#include "checkers/values.h"

namespace fulmar {
namespace {

constexpr Instant read_at = Instant{} + seconds(100);

// A record with that key, acknowledged at this offset.
KeyedSend sent(Offset offset, std::optional<ValueId> value, const std::string& key = "k",
               Outcome outcome = Outcome::ok) {
  KeyedSend send;
  send.key = key;
  send.value = value;
  send.outcome = outcome;
  send.offset = outcome == Outcome::ok ? offset : -1;
  return send;
}

std::string anomalies(const std::vector<KeyedSend>& sends, const std::vector<KeyedRecord>& left,
                      std::optional<Duration> tombstones_kept = {}) {
  History history;
  history.tombstones_kept = tombstones_kept;
  history.keyed_sends = sends;
  history.keyed_final_reads[0] = {0, read_at, left};
  Violations found;
  check_compaction(history, found);
  std::string all;
  for (const auto& one : found) all += (all.empty() ? "" : " ") + std::string(one.anomaly);
  return all;
}

const std::vector<KeyedSend> three = {sent(0, 1), sent(1, 2), sent(2, 3, "other")};

TEST(CompactionCheck, WhatALaterRecordOfItsKeyReplacesMayGo) {
  EXPECT_EQ(anomalies(three, {{0, "k", 1}, {1, "k", 2}, {2, "other", 3}}), "");
  EXPECT_EQ(anomalies(three, {{1, "k", 2}, {2, "other", 3}}), "");
  EXPECT_EQ(anomalies(three, {{0, "k", 1}, {2, "other", 3}}), "lost-key");
  EXPECT_EQ(anomalies(three, {{0, "k", 1}, {1, "k", 2}}), "lost-key");
  EXPECT_EQ(anomalies(three, {}), "lost-key");
}

TEST(CompactionCheck, WhatIsNotKnownToBeWrittenMayReplaceARecordToo) {
  auto sends = three;
  sends.push_back(sent(-1, 4, "other", Outcome::unknown));
  EXPECT_EQ(anomalies(sends, {{1, "k", 2}, {7, "other", 4}}), "");
  EXPECT_EQ(anomalies(sends, {{1, "k", 2}, {2, "other", 3}}), "");
  sends.back().outcome = Outcome::failed;
  EXPECT_EQ(anomalies(sends, {{1, "k", 2}, {7, "other", 4}}), "phantom");
}

TEST(CompactionCheck, ATombstoneStaysAndWhatItDeletedDoesNotComeBack) {
  const std::vector<KeyedSend> sends = {sent(0, 1), sent(1, std::nullopt)};
  EXPECT_EQ(anomalies(sends, {{0, "k", 1}, {1, "k", std::nullopt}}), "");
  EXPECT_EQ(anomalies(sends, {{1, "k", std::nullopt}}), "");
  EXPECT_EQ(anomalies(sends, {}), "tombstone-early");
  EXPECT_EQ(anomalies(sends, {{0, "k", 1}}), "deleted-key-returns");
  auto again = sends;
  again.push_back(sent(5, 9));
  EXPECT_EQ(anomalies(again, {{5, "k", 9}}), "");
}

TEST(CompactionCheck, AfterItsTimeATombstoneMayGoAndWhatItDeletedStaysAway) {
  std::vector<KeyedSend> sends = {sent(0, 1), sent(1, 2), sent(2, std::nullopt)};
  sends[2].invoked = read_at - seconds(5);
  EXPECT_EQ(anomalies(sends, {}, seconds(6)), "tombstone-early");
  EXPECT_EQ(anomalies({sends[0], sends[2]}, {{2, "k", std::nullopt}}, seconds(6)), "");
  EXPECT_EQ(anomalies(sends, {}, seconds(5)), "");
  EXPECT_EQ(anomalies(sends, {{1, "k", 2}}, seconds(5)), "deleted-key-returns");
  EXPECT_EQ(anomalies(sends, {{0, "k", 1}}, seconds(5)), "deleted-key-returns");
  sends.push_back(sent(3, 4));
  EXPECT_EQ(anomalies(sends, {}, seconds(5)), "lost-key") << "it came later";
  EXPECT_EQ(anomalies(sends, {{3, "k", 4}}, seconds(5)), "");
  // One that may have been written after it.
  sends = {sent(0, 1), sent(-1, std::nullopt, "k", Outcome::unknown)};
  EXPECT_EQ(anomalies(sends, {}, seconds(5)), "");
  sends[1].outcome = Outcome::failed;
  EXPECT_EQ(anomalies(sends, {}, seconds(5)), "lost-key");
}

TEST(CompactionCheck, OffsetsAndOrderAreKept) {
  EXPECT_EQ(anomalies(three, {{0, "k", 2}, {1, "k", 2}, {2, "other", 3}}), "inconsistent-offsets");
  EXPECT_EQ(anomalies(three, {{0, "k", std::nullopt}, {1, "k", 2}, {2, "other", 3}}), "inconsistent-offsets");
  EXPECT_EQ(anomalies(three, {{2, "other", 3}, {1, "k", 2}}), "nonmonotonic-poll");
  EXPECT_EQ(anomalies(three, {{1, "k", 2, false}, {2, "other", 3}}), "corrupt");
  EXPECT_EQ(anomalies(three, {{1, "k", 2}, {2, "other", 3}, {3, "k", 77}}), "phantom");
  EXPECT_EQ(anomalies(three, {{1, "k", 2}, {2, "other", 3}, {3, "other", 1}}), "phantom") << "of another key";
}

// A batch with one record of this key in it.
std::string batch(Offset base, const std::string& key, std::optional<ValueId> value) {
  Record record{key, std::nullopt, 1000, {}};
  if (value) record.value = make_value(*value, 20);
  return std::string(build_batch({record}, {.base_offset = base}).view());
}

TEST(CompactionCheck, ReplicasThatNobodyReadsAreJudgedUpToTheirEnds) {
  const std::string log = "keyed-1/00000000000000000000.log";
  auto anomaly = [&](const std::map<std::string, std::string>& files) {
    History history;
    history.tombstones_kept = seconds(5);
    history.keyed_sends = {sent(0, 1), sent(1, std::nullopt), sent(2, 3, "other")};
    for (auto& send : history.keyed_sends) send.partition = 1;
    history.keyed_logs = keyed_logs(files, "keyed", "broker 2", read_at);
    Violations found;
    check_compaction(history, found);
    return found.empty()
               ? ""
               : found.front().anomaly + (found.front().text.find("broker 2") != std::string::npos ? "" : "?");
  };
  const auto deleted = batch(0, "k", 1);
  const auto tombstone = batch(1, "k", std::nullopt);
  const auto other = batch(2, "other", 3);
  EXPECT_EQ(anomaly({{log, deleted + tombstone + other}}), "");
  EXPECT_EQ(anomaly({{log, deleted}, {"keyed-1/00000000000000000001.log", tombstone + other}}), "");
  EXPECT_EQ(anomaly({{log, other}}), "") << "the tombstone's time is over";
  EXPECT_EQ(anomaly({{log, deleted}}), "") << "it has not got further yet";
  EXPECT_EQ(anomaly({{log, deleted + other}}), "deleted-key-returns");
  EXPECT_EQ(anomaly({{log, tombstone + batch(3, "x", 4)}}), "lost-key");
  EXPECT_EQ(anomaly({{"keyed-1.0a1b-delete/00000000000000000000.log", deleted + other}, {"keyed-1-2/0.log", other}}),
            "");
}

TEST(CompactionCheck, AReplicaThatIsBehindMayLackWhatIsReplacedBeyondItsEnd) {
  for (bool is_read : {true, false}) {
    History history;
    history.keyed_sends = {sent(0, 1), sent(1, 2, "other"), sent(2, 3)};
    history.keyed_final_reads[0] = {0, read_at, {{1, "other", 2}}};
    if (is_read) history.keyed_final_reads[0].records.push_back({2, "k", 3});
    history.keyed_logs = {{0, read_at, {{1, "other", 2}}, "broker 2", 2}};
    Violations found;
    check_compaction(history, found);
    // What nobody can read does not replace it, and is itself lost.
    EXPECT_EQ(found.size(), is_read ? 0u : 2u);
  }
}

BatchHeader header(Offset base, std::int32_t last_delta, Epoch epoch, std::uint32_t crc, std::int32_t records) {
  BatchHeader made;
  made.base_offset = base;
  made.last_offset_delta = last_delta;
  made.leader_epoch = epoch;
  made.crc = crc;
  made.record_count = records;
  return made;
}

TEST(Removals, ABatchIsTheSameHoweverOftenItIsWrittenAnew) {
  Removals removals;
  auto whole = header(4, 3, 2, 11, 4);
  auto two = header(4, 3, 2, 12, 2);
  auto none = header(4, 3, 2, 13, 0);
  removals.note({whole, two});
  removals.note({two, none});
  for (const auto& form : {whole, two, none}) EXPECT_EQ(removals.original(shadow_of(form)), shadow_of(whole));
  EXPECT_FALSE(removals.may_lack(shadow_of(whole)));
  EXPECT_FALSE(removals.is_hole(0, 100));
  auto stranger = shadow_of(header(4, 3, 2, 99, 4));
  EXPECT_EQ(removals.original(stranger), stranger) << "of other content";
  auto longer = shadow_of(header(4, 5, 2, 12, 2));
  EXPECT_EQ(removals.original(longer), longer);
  removals.note({none, std::nullopt});
  EXPECT_TRUE(removals.may_lack(shadow_of(whole)));
  EXPECT_FALSE(removals.may_lack(shadow_of(header(4, 3, 3, 11, 4)))) << "of another epoch";
  EXPECT_TRUE(removals.is_hole(4, 8));
  EXPECT_FALSE(removals.is_hole(5, 100));
}

}  // namespace
}  // namespace fulmar
