// The invariants of a partition's log: none is broken by whatever is done to it in whatever order, and they are seen to
// be broken.
#include "broker/log/log_invariants.h"

#include <cstring>

#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

// Does at random what a replica does to its log, and looks at the log after each change.
class RandomLife {
 public:
  RandomLife(Host& host, Node& node, PartitionLog& log, Random random)
      : host_(host), node_(node), log_(log), random_(random), committed_(log.log_start()) {}

  void run(int steps) {
    check("opening");
    for (int step = 0; step < steps && !log_.offline() && !testing::Test::HasFailure(); ++step) {
      auto what = random_.between(0, 18);
      change(what);
      check("change " + std::to_string(what) + ", step " + std::to_string(step));
    }
  }
  int begun_anew() const { return begun_anew_; }
  int refused() const { return refused_; }

 private:
  void change(std::int64_t what) {
    switch (what) {
      case 0: return truncate();
      case 1: return advance_start();
      case 2: return rewrite();
      case 3: return note(log_.note_cleaned(decided(), log_.cuts()));
      case 4: return note(log_.note_tombstone_bound(random_.between(0, log_.log_end())));
      case 5: return (void)log_.wait_stable(log_.log_end(), Deadline::never());
      case 6: return note(log_.checkpoint());
      case 7: return expire();
      case 8: return random_.chance(1, 5) ? start_over() : commit();
      case 9: return commit();
      default: return with_room([&] { append_any(); });
    }
  }
  static void note(const Result<void>& done) { EXPECT_TRUE(done.has_value()) << to_string(done.error()); }

  // The disk may be full meanwhile.
  template <class F>
  void with_room(F&& act) {
    const bool full = random_.chance(1, 8);
    if (full) node_.disk().set_faults({.capacity_bytes = 1});
    act();
    if (full) node_.disk().set_faults({});
  }
  Epoch next_epoch() {
    return std::max<Epoch>(log_.epochs().latest().value_or(0), 0) + static_cast<Epoch>(random_.between(0, 1));
  }
  void append_any() {
    switch (random_.between(0, 3)) {
      case 0: return append_replicated();
      case 1: return append_of_transaction();
      case 2: return end_transaction();
      default: refused_ += !append(log_, batch_of(records(), value()), next_epoch());
    }
  }
  int records() { return static_cast<int>(random_.between(1, 4)); }
  std::string value() { return std::string(static_cast<std::size_t>(random_.between(1, 80)), 'v'); }
  ProducerId any_producer() { return random_.between(1, 3); }
  void append_of_transaction() {
    auto batch = batch_of(records(), value(), World::epoch_ms,
                          {.producer_id = any_producer(), .producer_epoch = 0, .transactional = true});
    auto header = *read_batch_header(batch.view());
    auto verification = log_.producers().begin_verification(header, false, Instant{});
    refused_ += !log_.append(header, batch, next_epoch(), {.coordinator = true, .verified = verification});
  }
  void end_transaction() {
    auto batch = build_end_marker({random_.chance(1, 2), 1}, any_producer(), 0, World::epoch_ms);
    refused_ += !log_.append(*read_batch_header(batch.view()), batch, next_epoch(), {.coordinator = true});
  }
  // With a hole before the batch, and one after it, in which epochs may begin.
  void append_replicated() {
    const auto base = log_.log_end() + random_.between(0, 3);
    const auto count = records();
    const auto epoch = next_epoch();
    auto whole = batch_of(count, value(), World::epoch_ms);
    MutableBytes bytes(whole.size());
    std::memcpy(bytes.data(), whole.data(), whole.size());
    stamp_batch(bytes.data(), base, epoch);
    Replicated given{std::move(bytes).freeze(), {{epoch, base}}, base + count + random_.between(0, 3)};
    if (given.end > base + count) given.epochs.push_back({epoch + 1, base + count});
    if (random_.chance(1, 4)) given = {{}, {{epoch + 1, log_.log_end()}}, log_.log_end() + 2};  // all batches are gone
    refused_ += !log_.append_replicated(given);
  }
  // Up to where a batch begins or the log ends; what is committed is not cut.
  void commit() {
    std::vector<Offset> ends{committed_};
    if (log_.kept_end() == log_.log_end()) ends.push_back(log_.log_end());
    for (const auto& segment : log_.segments())
      EXPECT_TRUE(segment->scan(segment->base_offset(), [&](const BatchHeader& header, std::uint64_t) {
        if (header.base_offset > committed_ && header.base_offset <= log_.kept_end())
          ends.push_back(header.base_offset);
        return true;
      }));
    committed_ = ends[static_cast<std::size_t>(random_.between(0, std::ssize(ends) - 1))];
  }
  void truncate() { note(log_.truncate_to(random_.between(committed_, log_.log_end()))); }
  void advance_start() {
    if (committed_ <= log_.kept_end()) note(log_.advance_start(committed_));
  }
  void rewrite() {
    const auto& segment =
        *log_.segments()[static_cast<std::size_t>(random_.between(0, std::ssize(log_.segments()) - 1))];
    auto rewritten = log_.rewrite(segment.base_offset(), static_cast<std::size_t>(random_.between(1, 3)), decided(),
                                  [](const ReadRecord& record) { return record.offset % 3 == 0; });
    ASSERT_TRUE(rewritten.has_value()) << to_string(rewritten.error());
    if (!*rewritten) return;
    EXPECT_TRUE(log_.replace_segments(std::move(**rewritten)).value_or(false));
  }
  // Nothing at or above it may be cleaned.
  Offset decided() const { return std::min(log_.last_stable_offset(committed_).value_or(0), log_.stable_end()); }
  void expire() {
    EXPECT_TRUE(log_.apply_retention(node_.wall_ms(), committed_));
    if (random_.chance(1, 2)) note(log_.remove_expired());
  }
  void start_over() {
    const auto offset = random_.between(0, log_.log_end() + 10);
    note(log_.start_over(offset, log_.epochs().latest().value_or(-1), random_.between(0, offset)));
    committed_ = offset;
    ++begun_anew_;
  }

  void check(const std::string& after) {
    EXPECT_EQ(LogInvariants::broken_throughout(log_).value_or(""), "") << after;
    EXPECT_EQ(since_.broken_since(log_).value_or(""), "") << after;
    // Nor does the disk promise more than there is.
    auto text = read_file(host_.disk(), log_.directory() + "/" + std::string(checkpoint_name), 1 << 20);
    if (log_.offline() || !text) return;
    auto checkpoint = Checkpoint::decode(text->view());
    ASSERT_TRUE(checkpoint.has_value()) << after;
    EXPECT_EQ(checkpoint->log_start, log_.log_start()) << after;
    EXPECT_LE(checkpoint->recovery_point, log_.stable_end()) << after;
    EXPECT_LE(checkpoint->cleaned_to, log_.cleaned_to()) << after;
    EXPECT_LE(checkpoint->tombstone_bound, log_.tombstone_bound()) << after;
    EXPECT_GE(checkpoint->holes_below, log_.holes_below()) << after;
  }

  Host& host_;
  Node& node_;
  PartitionLog& log_;
  Random random_;
  LogInvariants since_;
  Offset committed_;
  int begun_anew_ = 0;
  int refused_ = 0;
};

TEST(LogInvariants, HoldWhateverIsDoneToALog) {
  int begun_anew = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 60 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto random = world.random().split("log");
    LogConfig config;
    config.segment_bytes = 500;
    config.index_interval_bytes = 64;
    config.retention_ms = -1;
    config.retention_bytes = 2000;
    if (seed % 3 == 0) config.flush_messages = std::numeric_limits<std::int64_t>::max();
    bool clean = false;
    for (std::uint64_t life = 0; life < 3; ++life) {
      const bool closes = random.chance(1, 2);
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto log = manager.open("t-0", config, clean).value_or(nullptr);
        ASSERT_NE(log, nullptr);
        RandomLife acts(host, node, *log, random.split(life));
        acts.run(120);
        begun_anew += acts.begun_anew();
        refused += acts.refused();
        clean = closes && !log->offline() && manager.close();
      });
      if (!clean) random.chance(1, 2) ? node.kill() : node.power_loss();
    }
  }
  EXPECT_GT(begun_anew, 50);
  EXPECT_GT(refused, 300) << "the disk was full";
}

struct BrokenLog : testing::Test {
  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");

  // Runs `body` on two logs: one of ten records, of which the first three are deleted, and an empty one.
  void on_logs(const std::function<void(PartitionLog&, PartitionLog&)>& body) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", {}, false).value_or(nullptr);
      auto empty = manager.open("t-1", {}, false).value_or(nullptr);
      ASSERT_TRUE(log && empty);
      for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, batch_of(1, "value"), 2));
      ASSERT_TRUE(log->wait_stable(10, Deadline::never()));
      ASSERT_TRUE(log->advance_start(3));
      ASSERT_EQ(broken(*log), "");
      body(*log, *empty);
    });
  }
  static std::string broken(const PartitionLog& log) {
    return std::string(LogInvariants::broken_throughout(log).value_or(""));
  }
  static BatchHeader header_of(Offset base, bool transactional) {
    auto batch = batch_of(1, "value", World::epoch_ms,
                          {.producer_id = 7, .producer_epoch = 0, .base_sequence = 0, .transactional = transactional});
    auto header = *read_batch_header(batch.view());
    header.base_offset = base;
    return header;
  }
};

TEST_F(BrokenLog, IsSeenByWhatItsPartsSayOfOffsetsThatItDoesNotHave) {
  on_logs([](PartitionLog& log, PartitionLog&) {
    log.producers().update(header_of(9, false), {}, Instant{});
    EXPECT_EQ(broken(log), "");
    log.producers().update(header_of(9, false), {}, Instant{});
    EXPECT_EQ(broken(log), "the batches of a producer are not in the order of their offsets");
    log.producers().clear();
    log.producers().update(header_of(10, false), {}, Instant{});
    EXPECT_EQ(broken(log), "a producer has a batch at the end of the log or above");
    log.producers().clear();
    log.producers().update(header_of(10, true), {}, Instant{});
    EXPECT_EQ(broken(log), "a transaction begins at the end of the log or above");
    log.producers().clear();
    auto& segment = *log.segments().back();
    segment.add_aborted({7, 4, 6, 7});
    EXPECT_EQ(broken(log), "");
    segment.add_aborted({8, 7, 10, 7});
    EXPECT_EQ(broken(log), "the marker of an aborted transaction is not in the segment that has it");
    ASSERT_TRUE(segment.set_mark({11, 0, 0, 0}));
    EXPECT_EQ(broken(log), "a segment is marked as synced beyond the end of the log");
  });
}

TEST_F(BrokenLog, IsLookedAtAgainOnceItHasChanged) {
  on_logs([](PartitionLog& log, PartitionLog&) {
    LogInvariants changes;
    EXPECT_FALSE(changes.broken_by_change(log));
    log.producers().update(header_of(12, false), {}, Instant{});
    EXPECT_FALSE(changes.broken_by_change(log)) << "its bounds are as before";
    ASSERT_TRUE(append(log, batch_of(1, "value"), 2));
    EXPECT_EQ(changes.broken_by_change(log).value_or(""), "a producer has a batch at the end of the log or above");
    EXPECT_FALSE(changes.broken_by_change(log)) << "which was told";
  });
}

TEST_F(BrokenLog, IsSeenWhereItHasLessThanBefore) {
  on_logs([](PartitionLog& log, PartitionLog& empty) {
    LogInvariants since;
    EXPECT_FALSE(since.broken_since(log));
    EXPECT_FALSE(since.broken_since(log));
    EXPECT_EQ(since.broken_since(empty).value_or(""), "the start of the log went back");
    ASSERT_TRUE(append(empty, batch_of(4, "value"), 2));
    ASSERT_TRUE(empty.wait_stable(4, Deadline::never()));
    ASSERT_TRUE(empty.advance_start(3));
    EXPECT_FALSE(since.broken_since(empty));
    EXPECT_FALSE(since.broken_since(log));
    EXPECT_EQ(since.broken_since(empty).value_or(""), "the log ends lower than before without a cut");
    EXPECT_FALSE(since.broken_since(log));
    ASSERT_TRUE(log.truncate_to(5));
    EXPECT_FALSE(since.broken_since(log)) << "it was cut";
    EXPECT_EQ(since.broken_since(empty).value_or(""), "the count of cuts went back");
    ASSERT_TRUE(log.start_over(1, 2));
    EXPECT_FALSE(since.broken_since(log)) << "it was begun anew";
  });
}

}  // namespace
}  // namespace fulmar
