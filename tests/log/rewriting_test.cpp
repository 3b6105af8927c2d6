// Segments are rewritten without some of their records, and replaced, whatever happens meanwhile.
#include <cstring>
#include <functional>
#include <set>

#include "broker/log/log_manager.h"
#include "log_test_kit.h"
#include "runtime/fiber/group.h"

namespace fulmar {
namespace {

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 400;
  config.index_interval_bytes = 64;
  return config;
}

bool stays(Offset offset) {
  return offset % 3 == 0 && offset % 10 < 5;
}
const KeepRecord keep_some = [](const ReadRecord& record) { return stays(record.offset); };

std::vector<Offset> offsets_of(const std::vector<ReadRecord>& records) {
  std::vector<Offset> offsets;
  for (const auto& record : records) offsets.push_back(record.offset);
  return offsets;
}

void fill(PartitionLog& log, int batches) {
  for (int i = 0; i < batches; ++i) ASSERT_TRUE(append(log, batch_of(1 + i % 3, "a value that takes some room")));
  ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
}

// Rewrites all closed segments, `at_once` at a time. Returns the end of the last one.
Result<Offset> rewrite_all(PartitionLog& log, std::size_t at_once) {
  Offset end = 0;
  while (end < log.segments().back()->base_offset()) {
    FULMAR_TRY(auto rewritten, log.rewrite(end, at_once, log.log_end(), keep_some));
    auto next = std::find_if(log.segments().begin(), log.segments().end(),
                             [&](const auto& segment) { return segment->base_offset() == end; });
    auto until = rewritten ? rewritten->after->next_offset() : (*next)->next_offset();
    if (rewritten) {
      FULMAR_TRY(bool replaced, log.replace_segments(std::move(*rewritten)));
      EXPECT_TRUE(replaced);
    }
    end = until;
  }
  return end;
}

std::vector<Offset> expected(Offset rewritten, Offset end) {
  std::vector<Offset> offsets;
  for (Offset offset = 0; offset < end; ++offset)
    if (offset >= rewritten || stays(offset)) offsets.push_back(offset);
  return offsets;
}

TEST(Rewriting, LeavesOnlyWhatIsToStayAndAllOffsetsAsTheyWere) {
  for (std::size_t at_once : {1, 3, 100}) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    Offset end = 0, rewritten = 0;
    for (int life = 0; life < 4; ++life) {
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto log = manager.open("t-0", small_segments(), life == 3).value_or(nullptr);
        ASSERT_NE(log, nullptr);
        if (life == 0) {
          fill(*log, 60);
          end = log->log_end();
          auto done = rewrite_all(*log, at_once);
          ASSERT_TRUE(done.has_value()) << to_string(done.error());
          rewritten = *done;
          if (at_once == 100) {
            EXPECT_EQ(log->segment_count(), 2u);
          }
        }
        EXPECT_EQ(log->log_end(), end);
        EXPECT_EQ(offsets_of(read_all(*log, 0)), expected(rewritten, end)) << life;
        for (std::size_t i = 1; i < log->segments().size(); ++i)
          EXPECT_EQ(log->segments()[i - 1]->next_offset(), log->segments()[i]->base_offset());
        if (life == 2) {
          ASSERT_TRUE(manager.close());
        }
      });
      if (life == 0) node.power_loss();
    }
    for (const auto& [path, file] : node.disk().image().files()) {
      EXPECT_FALSE(path.ends_with(".deleted") || path.ends_with(".swap") || path.ends_with(".cleaned")) << path;
    }
  }
}

// Closes the log's files, by opening many others.
void close_files(LogManager& manager) {
  auto& files = *manager.context().files;
  while (files.open_files() > 0) {
    auto open = files.open_files();
    for (int i = 0; i < 100; ++i) (void)files.open("other" + std::to_string(i), OpenMode::open_or_create);
    if (files.open_files() >= open) break;
  }
}

// Fills a log, and lets `rewrite` replace its first segment, which must be readable as it was afterwards, from its
// file.
void read_while_replaced(const std::function<void(PartitionLog&)>& rewrite,
                         const std::function<void(PartitionLog&)>& afterwards) {
  World world(2, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    fill(*log, 60);
    auto old = log->segments().front();
    auto before = old->read(0, old->next_offset(), 1 << 20, true);
    rewrite(*log);
    EXPECT_NE(log->segments().front(), old);
    close_files(manager);
    auto after = old->read(0, old->next_offset(), 1 << 20, true);
    ASSERT_TRUE(before.has_value() && after.has_value());
    EXPECT_EQ(before->view(), after->view());
    old.reset();
    afterwards(*log);
  });
}

TEST(Rewriting, WhoReadsTheOldSegmentReadsOn) {
  read_while_replaced([](PartitionLog& log) { ASSERT_TRUE(rewrite_all(log, 100).has_value()); }, [](PartitionLog&) {});
}

// Its file would get the name of the one that is read.
TEST(Rewriting, WaitsForWhoReadsTheSegmentBeforeTheLastRewriting) {
  const KeepRecord keep_none = [](const ReadRecord&) { return false; };
  auto rewrite = [&](PartitionLog& log) {
    ASSERT_TRUE(rewrite_all(log, 1).has_value());
    auto again = log.rewrite(0, 1, log.log_end(), keep_none);
    EXPECT_FALSE(again.has_value());
    if (again && *again) (void)log.replace_segments(std::move(**again));
  };
  read_while_replaced(rewrite, [&](PartitionLog& log) {
    auto again = log.rewrite(0, 1, log.log_end(), keep_none);
    ASSERT_TRUE(again && *again);
    EXPECT_TRUE(log.replace_segments(std::move(**again)).value_or(false));
  });
}

TEST(Rewriting, OfALogThatWasCutMeanwhileIsGivenUp) {
  World world(3, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    fill(*log, 60);
    auto rewritten = log->rewrite(0, 100, log->log_end(), keep_some);
    ASSERT_TRUE(rewritten && *rewritten);
    ASSERT_TRUE(log->truncate_to(10));
    auto replaced = log->replace_segments(std::move(**rewritten));
    ASSERT_TRUE(replaced.has_value());
    EXPECT_FALSE(*replaced);
    EXPECT_EQ(read_all(*log, 0).size(), static_cast<std::size_t>(log->log_end()));
  });
}

// A producer's duplicates are recognised although the records are gone.
TEST(Rewriting, RemembersTheLastBatchesOfEachProducer) {
  World world(4, LogLevel::error);
  auto& node = world.add_node("broker");
  auto numbered = [](int sequence) {
    return batch_of(1, "value", World::epoch_ms, {.producer_id = 7, .producer_epoch = 0, .base_sequence = sequence});
  };
  for (bool first : {true, false})
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      if (first) {
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(*log, numbered(i)));
        fill(*log, 60);
        auto rewritten = log->rewrite(0, 100, log->log_end(), [](const ReadRecord&) { return false; });
        ASSERT_TRUE(rewritten && *rewritten);
        ASSERT_TRUE(log->replace_segments(std::move(**rewritten)).value_or(false));
      } else {
        ASSERT_TRUE(host.disk().list("t-0").has_value());
      }
      for (int i = 15; i < 20; ++i) {
        auto again = append(*log, numbered(i));
        ASSERT_TRUE(again.has_value()) << i;
        EXPECT_TRUE(again->duplicate);
        EXPECT_EQ(again->base_offset, i);
      }
    });
}

// Whenever and however the process ends, a start finds each segment as it was before or as it is rewritten, and all
// acknowledged records.
TEST(Rewriting, SurvivesACrashAtAnyMoment) {
  std::set<std::string> left_behind;
  int some = 0, all = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto random = world.random().split("crash");
    Offset end = 0, closed = 0;
    bool filled = false;
    auto at_once = static_cast<std::size_t>(random.between(1, 6));
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      fill(*log, 40);
      EXPECT_TRUE(log->checkpoint());
      end = log->log_end();
      closed = log->segments().back()->base_offset();
      filled = true;
      EXPECT_TRUE(rewrite_all(*log, at_once).has_value());
      host.clock().sleep_for(seconds(100));
      return 0;
    });
    ASSERT_TRUE(world.run_until([&] { return filled; }, world.now() + seconds(100)));
    world.run_for(microseconds(random.between(0, 90'000)));
    seed % 3 == 0 ? node.kill() : node.power_loss();
    for (const auto& [path, file] : node.disk().image().files())
      for (auto suffix : {".cleaned", ".swap", ".deleted"})
        if (path.ends_with(suffix)) left_behind.insert(suffix);
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto opened = manager.open("t-0", small_segments(), false);
      ASSERT_TRUE(opened.has_value()) << "seed " << seed << ": " << to_string(opened.error());
      auto log = *opened;
      ASSERT_EQ(log->log_end(), end) << "seed " << seed;
      auto offsets = offsets_of(read_all(*log, 0));
      std::set<Offset> there(offsets.begin(), offsets.end());
      ASSERT_TRUE(std::is_sorted(offsets.begin(), offsets.end()));
      int gone = 0;
      for (Offset offset = 0; offset < end; ++offset) {
        if (there.contains(offset)) continue;
        ASSERT_TRUE(offset < closed && !stays(offset)) << "seed " << seed << ": offset " << offset << " is lost";
        ++gone;
      }
      (static_cast<std::size_t>(gone) + expected(closed, end).size() == static_cast<std::size_t>(end) ? all : some) +=
          gone > 0;
      ASSERT_TRUE(append(*log, batch_of(1, "goes on")));
      ASSERT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
    });
    node.kill();
    EXPECT_TRUE(world.leaks().empty());
  }
  EXPECT_EQ(left_behind, (std::set<std::string>{".cleaned", ".swap", ".deleted"}))
      << "every step is cut short somewhere";
  EXPECT_GT(some, 50);
  EXPECT_GT(all, 10);
}

}  // namespace
}  // namespace fulmar
