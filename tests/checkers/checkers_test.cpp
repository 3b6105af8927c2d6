// Each anomaly has a history that must be rejected by its name, and similar ones that must be accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/history.h"
#include "checkers/values.h"

namespace fulmar {
namespace {

Instant at(int ms) {
  return Instant{} + milliseconds(ms);
}

// Builds histories.
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
  s.history.power_losses.push_back(at(1));  // of a replica that leads only now
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

// -- Deletions, retention, lookups, and topics that are created again.

struct TimesStory : Story {
  static constexpr Timestamp epoch_ms = 1'000'000'000;
  TimesStory() {
    history.epoch_ms = epoch_ms;
    history.length_ms = 1000;
    history.topics["expiring"] = {.synced = true, .retention_ms = 100};
  }
  SendOperation& send_at(std::vector<Timestamp> times, ValueId value, int begin, int end, Offset offset) {
    auto& sent = send(value, begin, end, Outcome::ok, offset);
    sent.count = static_cast<int>(times.size());
    sent.timestamps = std::move(times);
    return sent;
  }
  LookupOperation& look_up(Timestamp asked, int begin, int end, Offset offset, Timestamp time = -1) {
    history.lookups.push_back({t, asked, at(begin), at(end), offset, time});
    return history.lookups.back();
  }
  DeleteOperation& deletion(Offset offset, int begin, int end, Outcome outcome, Offset low_watermark = -1) {
    history.deletes.push_back({t, offset, at(begin), at(end), outcome, low_watermark});
    return history.deletes.back();
  }
};

TEST(Lookups, TheFirstRecordThatIsLateEnoughIsTheAnswer) {
  TimesStory s;
  s.send_at({100, 300, 200}, 1, 0, 5, 0);
  s.final_read({{0, 1}, {1, 2}, {2, 3}});
  s.look_up(150, 6, 7, 1, 300);
  s.look_up(301, 6, 7, -1);
  s.look_up(LookupOperation::maximum, 6, 7, 1, 300);
  EXPECT_THAT(s.anomalies(), IsEmpty());
  for (auto [asked, offset, time] : {std::tuple<Timestamp, Offset, Timestamp>{150, 2, 200},
                                     {150, -1, -1},
                                     {250, 2, 200},
                                     {150, 1, 301},
                                     {LookupOperation::maximum, 2, 200},
                                     {LookupOperation::maximum, -1, -1}}) {
    auto wrong = s;
    wrong.look_up(asked, 6, 7, offset, time);
    EXPECT_THAT(wrong.anomalies(), Contains("wrong-offset-for-time")) << asked << " " << offset << " " << time;
  }
}

TEST(Lookups, WhatIsNotSurelyThereNeedNotBeFound) {
  TimesStory under_way;
  under_way.send_at({100}, 1, 0, 5, 0);
  under_way.final_read({{0, 1}});
  under_way.look_up(50, 4, 7, -1);
  EXPECT_THAT(under_way.anomalies(), IsEmpty()) << "it was acknowledged later";
  TimesStory deleted;
  deleted.send_at({100, 100}, 1, 0, 5, 0);
  deleted.deletion(1, 6, 8, Outcome::unknown);
  deleted.final_read({{0, 1}, {1, 2}});
  deleted.look_up(50, 9, 10, 1, 100);
  EXPECT_THAT(deleted.anomalies(), IsEmpty()) << "it may be deleted for a while";
  deleted.look_up(50, 9, 10, -1);
  EXPECT_THAT(deleted.anomalies(), Contains("wrong-offset-for-time")) << "the rest of the batch is there";
  TimesStory expired;
  expired.t = {"expiring", 0};
  expired.send_at({100, 100}, 1, 0, 5, 0);
  expired.final_read({}, 2);
  expired.look_up(50, 9, 10, -1);
  EXPECT_THAT(expired.anomalies(), testing::Not(Contains("wrong-offset-for-time")));
  TimesStory without_time;
  without_time.send_at({-1}, 1, 0, 5, 0);
  without_time.final_read({{0, 1}});
  without_time.look_up(0, 6, 7, -1);
  without_time.look_up(LookupOperation::maximum, 6, 7, -1);
  EXPECT_THAT(without_time.anomalies(), IsEmpty());
}

TEST(Lookups, WhatMayHaveExpiredIsPassedOverThoughAnotherLeaderStillHasIt) {
  TimesStory s;
  s.history.length_ms = 100'000;
  s.history.topics["expiring"].retention_ms = 5000;
  s.t = {"expiring", 0};
  const auto now = TimesStory::epoch_ms + 20'000;
  s.send_at({now - 9000}, 1, 0, 5, 0);
  s.send_at({now - 1000}, 2, 5, 6, 1);
  s.look_up(100, 20'000, 20'001, 1, now - 1000);
  s.final_read({{0, 1}, {1, 2}});
  EXPECT_THAT(s.anomalies(), IsEmpty());
  auto young = s;
  young.history.sends[0].timestamps = {now - 2000};
  EXPECT_THAT(young.anomalies(), Contains("wrong-offset-for-time"));
  auto last = s;
  last.look_up(100, 20'000, 20'001, -1);
  EXPECT_THAT(last.anomalies(), Contains("wrong-offset-for-time")) << "the second is not old";
  auto clocks_jump = last;
  clocks_jump.history.clocks_jump = true;
  EXPECT_THAT(clocks_jump.anomalies(), IsEmpty());
}

TEST(Lookups, AnEpochsEndDoesNotGoBack) {
  Story s;
  s.history.epoch_ends.push_back({s.t, 3, at(0), at(1), 3, 10});
  s.history.epoch_ends.push_back({s.t, 3, at(2), at(3), 3, 12});
  s.history.epoch_ends.push_back({s.t, 2, at(4), at(5), 2, 7});
  EXPECT_THAT(s.anomalies(), IsEmpty());
  s.history.epoch_ends.push_back({s.t, 3, at(2), at(6), 3, 11});
  EXPECT_THAT(s.anomalies(), IsEmpty()) << "it was under way before";
  s.history.epoch_ends.push_back({s.t, 3, at(7), at(8), 3, 11});
  EXPECT_THAT(s.anomalies(), Contains("epoch-end-back"));
}

TEST(LogStart, NobodyIsToldOfAnEarlierOneAfterADeletion) {
  TimesStory quiet;
  for (ValueId i = 0; i < 4; ++i) quiet.send_at({100}, i + 1, 0, 5, static_cast<Offset>(i));
  quiet.deletion(2, 6, 8, Outcome::ok, 2);
  quiet.read(7, 9, 0, 4, {{0, 1}});
  quiet.final_read({{2, 3}, {3, 4}}, 2);
  EXPECT_THAT(quiet.anomalies(), IsEmpty()) << "that read was under way";
  auto read = quiet;
  read.read(9, 10, 0, 4, {{0, 1}});
  EXPECT_THAT(read.anomalies(), Contains("log-start-back"));
  auto looked_up = quiet;
  looked_up.look_up(LookupOperation::earliest, 9, 10, 0);
  EXPECT_THAT(looked_up.anomalies(), Contains("log-start-back"));
  auto told = quiet;
  told.deletion(1, 9, 10, Outcome::ok, 1);
  EXPECT_THAT(told.anomalies(), Contains("log-start-back"));
  auto not_acknowledged = quiet;
  not_acknowledged.history.deletes[0].outcome = Outcome::unknown;
  not_acknowledged.look_up(LookupOperation::earliest, 9, 10, 0);
  EXPECT_THAT(not_acknowledged.anomalies(), IsEmpty());
}

TEST(Retention, NothingGoesBeforeItsBoundByItsTrueTime) {
  auto story = [](Timestamp time, int seen_at) {
    TimesStory s;
    s.t = {"expiring", 0};
    s.send_at({time}, 1, 0, 5, 0);
    s.look_up(LookupOperation::earliest, seen_at, seen_at, 1);
    return s;
  };
  constexpr auto now = TimesStory::epoch_ms;
  EXPECT_THAT(story(now, 99).anomalies(), Contains("early-deletion"));
  EXPECT_THAT(story(now, 100).anomalies(), IsEmpty());
  EXPECT_THAT(story(now - 50, 49).anomalies(), Contains("early-deletion"));
  EXPECT_THAT(story(now - 50, 50).anomalies(), IsEmpty()) << "a record may come from the past";
  EXPECT_THAT(story(now * 1000, 900).anomalies(), Contains("early-deletion")) << "or from the future";
  EXPECT_THAT(story(-1, 99).anomalies(), Contains("early-deletion")) << "none is as old as its file";
  EXPECT_THAT(story(-1, 110).anomalies(), IsEmpty());
  TimesStory beside = story(-1, 50);
  beside.send_at({now - 500}, 2, 6, 7, 1);
  beside.look_up(LookupOperation::earliest, 51, 52, 2);
  beside.history.lookups.erase(beside.history.lookups.begin());
  EXPECT_THAT(beside.anomalies(), IsEmpty()) << "another's time made its segment old";
  // Two replicas' segments end at different offsets: the first leader deleted one record, the next one that and
  // another.
  auto next_leader = [&](bool replicated) {
    auto s = story(now - 500, 30);
    s.send_at({-1}, 2, 6, 7, 1);
    s.look_up(LookupOperation::earliest, 51, 52, 2);
    s.history.topics["expiring"].replicated = replicated;
    return s.anomalies();
  };
  EXPECT_THAT(next_leader(true), IsEmpty()) << "in whose segment both were";
  EXPECT_THAT(next_leader(false), Contains("early-deletion")) << "one replica's segments don't change";
  auto clock = story(now, 50);
  clock.history.clock_ahead_at_start_ms = 60;
  EXPECT_THAT(clock.anomalies(), IsEmpty());
  auto deleted = story(now, 50);
  deleted.deletion(1, 10, 20, Outcome::unknown);
  EXPECT_THAT(deleted.anomalies(), IsEmpty());
  TimesStory amid;
  amid.t = {"expiring", 0};
  amid.send_at({now - 500}, 1, 0, 5, 0);
  amid.send_at({-1}, 2, 6, 7, 1);
  amid.deletion(1, 10, 20, Outcome::ok, 1);
  amid.look_up(LookupOperation::earliest, 51, 52, 2);
  EXPECT_THAT(amid.anomalies(), IsEmpty()) << "the segment has what was deleted of it, and is as old as that";
  auto for_ever = story(now, 999);
  for_ever.history.topics["expiring"].retention_ms = -1;
  EXPECT_THAT(for_ever.anomalies(), Contains("early-deletion"));
}

TEST(Durability, WhatWasReadStaysToo) {
  Story s;
  s.send(1, 0, 5, Outcome::unknown);
  s.read(6, 7, 0, 1, {{0, 1}}).from_follower = true;
  s.final_read({});
  EXPECT_THAT(s.anomalies(), Contains("lost-write"));
  s.final_read({}, 1);
  s.history.deletes.push_back({s.t, 1, at(6), at(7), Outcome::unknown});
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(RealTime, AFollowerMayBeAMomentBehind) {
  Story s;
  s.send(1, 0, 5, Outcome::ok, 0);
  s.read(6, 7, 0, 0, {}).from_follower = true;
  EXPECT_THAT(s.anomalies(), IsEmpty());
}

TEST(Topics, OneMadeAgainServesNothingOfItsForerunnerAndLosesNothing) {
  Story s;
  s.history.topics["t#1"] = s.history.topics["t#2"] = {};
  s.t = {"t#1", 0};
  s.send(1, 0, 5, Outcome::ok, 0);
  s.send(2, 6, 7, Outcome::unknown);
  s.read(8, 9, 0, 1, {{0, 1}});
  s.t = {"t#2", 0};
  s.send(3, 20, 25, Outcome::ok, 1);
  s.final_read({{0, 2}, {1, 3}});
  EXPECT_THAT(s.anomalies(), IsEmpty()) << "what was not answered may come late";
  auto served = s;
  served.read(26, 27, 0, 3, {{0, 1}, {1, 3}});
  EXPECT_THAT(served.anomalies(), Contains("resurrected"));
  auto lost = s;
  lost.final_read({{0, 2}});
  EXPECT_THAT(lost.anomalies(), Contains("lost-write"));
  auto backwards = s;
  backwards.t = {"t#1", 0};
  backwards.send(4, 30, 35, Outcome::unknown);
  backwards.history.sends.back().to = {"t#2", 0};
  backwards.read(36, 37, 0, 2, {{0, 1}, {1, 4}});
  EXPECT_THAT(backwards.anomalies(), Contains("phantom")) << "what was sent to a later one";
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
