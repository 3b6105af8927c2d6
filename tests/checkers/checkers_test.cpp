// Each anomaly has a history that must be rejected by its name, and look-alikes that must be accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/history.h"
#include "checkers/values.h"

namespace fulmar {
namespace {

Instant at(int ms) {
  return Instant{} + milliseconds(ms);
}

// Histories in a few words.
struct Story {
  History history;
  TopicPartition t{"t", 0};

  Story() {
    history.topics["t"] = {};
    history.topics["memory"] = {.synced = false};
  }
  SendOperation& send(ValueId value, int begin, int end, Outcome outcome, Offset offset = -1, int producer = 0) {
    SendOperation s;
    s.producer = producer;
    s.to = t;
    s.first_value = value;
    s.invoked = at(begin);
    s.completed = outcome == Outcome::pending ? Instant::max() : at(end);
    s.outcome = outcome;
    s.base_offset = offset;
    history.sends.push_back(s);
    return history.sends.back();
  }
  ReadOperation& read(int begin, int end, Offset position, Offset watermark,
                      std::vector<std::pair<Offset, ValueId>> records, int consumer = 0) {
    ReadOperation r;
    r.consumer = consumer;
    r.from = t;
    r.invoked = at(begin);
    r.completed = at(end);
    r.position = position;
    r.high_watermark = watermark;
    r.log_start = 0;
    for (auto [offset, value] : records) r.records.push_back({.offset = offset, .value = value, .intact = true});
    history.reads.push_back(r);
    return history.reads.back();
  }
  void final_read(std::vector<std::pair<Offset, ValueId>> records, Offset start = 0) {
    FinalRead f;
    f.log_start = start;
    f.end = records.empty() ? start : records.back().first + 1;
    for (auto [offset, value] : records) f.records.push_back({.offset = offset, .value = value, .intact = true});
    history.final_reads[t] = f;
  }
  std::vector<std::string> anomalies() const {
    std::vector<std::string> names;
    for (const auto& violation : check_history(history)) names.push_back(violation.anomaly);
    return names;
  }
};

using testing::Contains;
using testing::IsEmpty;

TEST(Checkers, AQuietLifeIsClean) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.send(2, 6, 9, Outcome::ok, 1);
  s.read(10, 11, 0, 2, {{0, 1}, {1, 2}});
  s.final_read({{0, 1}, {1, 2}});
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Durability, AnAcknowledgedRecordBeyondTheEndIsALostWrite) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.final_read({});
  EXPECT_THAT(s.anomalies(), Contains("lost-write"));
}

TEST(Durability, AnAcknowledgedRecordInsideThatIsNotReadIsUnseen) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.send(2, 6, 7, Outcome::ok, 1);
  s.final_read({{1, 2}});
  EXPECT_THAT(s.anomalies(), Contains("unseen"));
}

TEST(Durability, UnknownFailedAndUnacknowledgedRecordsMayBeMissing) {
  Story s;
  s.send(1, 0, 5, Outcome::unknown);
  s.send(2, 0, 5, Outcome::failed);
  s.send(3, 0, 5, Outcome::pending);
  s.send(4, 0, 5, Outcome::ok, -1).acks = 0;
  s.final_read({});
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Durability, APageCacheTopicMayLoseRecordsWithThePowerOnly) {
  for (bool power_lost : {false, true}) {
    Story s;
    s.t = {"memory", 0};
    s.send(1, 0, 5, Outcome::ok, 0);
    if (power_lost) s.history.power_losses.push_back(at(7));
    s.final_read({});
    EXPECT_EQ(s.anomalies().empty(), power_lost);
  }
}

TEST(Durability, OfAReplicatedTopicASingleAcknowledgementBindsNobody) {
  for (bool replicated : {false, true}) {
    Story s;
    s.history.topics[s.t.topic].replicated = replicated;
    s.send(1, 0, 5, Outcome::ok, 0).acks = 1;
    s.final_read({});
    EXPECT_EQ(s.anomalies().empty(), replicated);
    s.send(2, 0, 5, Outcome::ok, 0);
    EXPECT_THAT(s.anomalies(), Contains("lost-write"));
  }
}

TEST(Durability, AStartThatMovedByItselfIsALoss) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.final_read({}, 1);
  EXPECT_THAT(s.anomalies(), Contains("lost-write"));
  s.history.deletes.push_back({s.t, 1, at(6), at(7), Outcome::unknown});
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(LogStart, MayNotGoBackBehindADeletion) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.history.deletes.push_back({s.t, 1, at(6), at(7), Outcome::ok});
  s.final_read({{0, 1}}, 0);
  EXPECT_THAT(s.anomalies(), Contains("log-start-back"));
}

TEST(NoPhantoms, NamesWhatIsWrongWithAValue) {
  Story failed;
  failed.send(1, 0, 5, Outcome::failed);
  failed.read(6, 7, 0, 1, {{0, 1}});
  EXPECT_THAT(failed.anomalies(), Contains("aborted-read"));
  Story phantom;
  phantom.read(6, 7, 0, 1, {{0, 99}});
  EXPECT_THAT(phantom.anomalies(), Contains("phantom"));
  Story early;
  early.send(1, 10, 15, Outcome::ok, 0);
  early.read(6, 7, 0, 1, {{0, 1}});
  EXPECT_THAT(early.anomalies(), Contains("phantom")) << "read before it was sent";
  Story corrupt;
  corrupt.send(1, 0, 5, Outcome::ok, 0);
  corrupt.read(6, 7, 0, 1, {{0, 1}}).records[0].intact = false;
  EXPECT_THAT(corrupt.anomalies(), Contains("corrupt"));
}

TEST(NoPhantoms, AnUnknownOrPendingRecordMayBeRead) {
  Story s;
  s.send(1, 0, 5, Outcome::unknown);
  s.send(2, 0, 0, Outcome::pending);
  s.read(6, 7, 0, 2, {{0, 1}, {1, 2}});
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(OffsetsAgree, AnOffsetHasOneValueForEveryone) {
  Story s;
  s.send(1, 0, 5, Outcome::unknown);
  s.send(2, 0, 5, Outcome::unknown, -1, 1);
  s.read(6, 7, 0, 1, {{0, 1}});
  s.read(8, 9, 0, 1, {{0, 2}}, 1);
  EXPECT_THAT(s.anomalies(), Contains("inconsistent-offsets"));
  Story memory = s;
  for (auto& send : memory.history.sends) send.to = {"memory", 0};
  for (auto& read : memory.history.reads) read.from = {"memory", 0};
  EXPECT_THAT(memory.anomalies(), Contains("inconsistent-offsets"));
  Instant between{at(7).ns + 1};
  memory.history.power_losses.push_back(between);
  EXPECT_THAT(memory.anomalies(), testing::Not(Contains("inconsistent-offsets")));
}

TEST(OffsetsAgree, OnAReplicatedPageCacheTopicUpToTheFirstPowerLoss) {
  Story s;
  s.t = {"memory", 0};
  s.history.topics["memory"].replicated = true;
  s.send(1, 0, 5, Outcome::unknown);
  s.send(2, 0, 5, Outcome::unknown, -1, 1);
  s.read(6, 7, 0, 1, {{0, 1}});
  s.read(8, 9, 0, 1, {{0, 2}}, 1);
  EXPECT_THAT(s.anomalies(), Contains("inconsistent-offsets"));
  s.history.power_losses.push_back(at(1));  // of a replica that only now leads
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Order, ARecordBeforeAnEarlierOneIsASendInversion) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 1);
  s.send(2, 6, 9, Outcome::ok, 0);
  s.final_read({{0, 2}, {1, 1}});
  EXPECT_THAT(s.anomalies(), Contains("send-inversion"));
  Story given_up;
  given_up.send(1, 0, 5, Outcome::unknown);
  given_up.send(2, 6, 9, Outcome::ok, 0);
  given_up.final_read({{0, 2}, {1, 1}});
  EXPECT_THAT(given_up.anomalies(), IsEmpty()) << "it was still on its old connection";
}

TEST(Idempotence, ARecordTwiceIsADuplicateAndHalfABatchAGap) {
  Story twice;
  twice.send(1, 0, 5, Outcome::ok, 0);
  twice.final_read({{0, 1}, {1, 1}});
  EXPECT_THAT(twice.anomalies(), Contains("duplicate"));
  Story renumbered;
  renumbered.send(1, 0, 5, Outcome::ok, 1).renumbers = true;
  renumbered.final_read({{0, 1}, {1, 1}});
  auto& records = renumbered.history.final_reads.begin()->second.records;
  records[0].numbering = {7, 0};
  records[1].numbering = {7, 1};
  EXPECT_THAT(renumbered.anomalies(), IsEmpty()) << "its client asked for it twice";
  records[1].numbering = {7, 0};
  EXPECT_THAT(renumbered.anomalies(), Contains("duplicate"));
  records[1].numbering = {7, 1};
  renumbered.history.sends[0].renumbers = false;
  EXPECT_THAT(renumbered.anomalies(), Contains("duplicate"));
  Story half;
  half.send(1, 0, 5, Outcome::unknown).count = 2;
  half.final_read({{0, 1}});
  EXPECT_THAT(half.anomalies(), Contains("sequence-gap"));
}

TEST(PollOrder, PositionsGoForwardAndSkipNothing) {
  Story back;
  back.send(1, 0, 1, Outcome::ok, 0);
  back.read(2, 3, 0, 1, {{0, 1}});
  back.read(4, 5, 0, 1, {{0, 1}});
  EXPECT_THAT(back.anomalies(), Contains("nonmonotonic-poll"));
  back.history.reads[1].sought = true;
  EXPECT_THAT(back.anomalies(), IsEmpty());

  Story inside;
  inside.send(1, 0, 1, Outcome::ok, 0);
  inside.read(2, 3, 0, 1, {{0, 1}, {0, 1}});
  EXPECT_THAT(inside.anomalies(), Contains("int-nonmonotonic-poll"));

  Story skip;
  for (int i = 0; i < 3; ++i) skip.send(static_cast<ValueId>(i + 1), i * 2, i * 2 + 1, Outcome::ok, i);
  skip.read(10, 11, 0, 3, {{0, 1}, {1, 2}, {2, 3}}, 1);
  skip.read(12, 13, 0, 3, {{1, 2}, {2, 3}});
  EXPECT_THAT(skip.anomalies(), Contains("poll-skip"));
  skip.history.reads[1].log_start = 1;
  EXPECT_THAT(skip.anomalies(), IsEmpty()) << "it was deleted";
  skip.history.reads[1] = skip.history.reads[0];
  skip.history.reads[1].consumer = 2;
  skip.history.reads[1].records.erase(skip.history.reads[1].records.begin() + 1);
  EXPECT_THAT(skip.anomalies(), Contains("int-poll-skip"));
}

TEST(RealTime, AnAcknowledgedRecordComesBeforeWhatIsSentLater) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 1);
  s.send(2, 6, 9, Outcome::ok, 0, 1);
  EXPECT_THAT(s.anomalies(), Contains("write-realtime"));
  s.history.sends[1].invoked = at(4);
  EXPECT_THAT(s.anomalies(), IsEmpty()) << "they overlapped";
}

TEST(RealTime, AReadAfterAnAcknowledgementSeesIt) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.read(6, 7, 0, 0, {});
  EXPECT_THAT(s.anomalies(), Contains("stale-read"));
  s.history.reads[0].invoked = at(5);
  EXPECT_THAT(s.anomalies(), IsEmpty()) << "it had begun already";
}

TEST(RealTime, TheHighWatermarkNeverGoesBack) {
  Story s;
  s.read(0, 1, 0, 5, {});
  s.read(2, 3, 0, 4, {}, 1);
  EXPECT_THAT(s.anomalies(), Contains("hw-regression"));
  s.history.reads[1].invoked = at(0);
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Values, AnyChangeShows) {
  auto value = make_value(4711, 100);
  EXPECT_EQ(see_value(3, value).value, 4711u);
  EXPECT_TRUE(see_value(3, value).intact);
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto changed = value;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(see_value(3, changed).intact) << i;
  }
}

}  // namespace
}  // namespace fulmar
