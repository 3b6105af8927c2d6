// Whatever happens to one of the files beside a segment, the log has the same content, and answers without the file.
#include <algorithm>

#include "broker/log/log_manager.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

constexpr int batches = 60;
constexpr ProducerId producer = 7;

Timestamp time_of(int batch) {
  return World::epoch_ms + 1000 * batch;
}

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 2000;
  config.index_interval_bytes = 1;
  config.retention_ms = -1;
  return config;
}

Bytes numbered(int batch) {
  return batch_of(1, std::string(200, 'v'), time_of(batch),
                  {.producer_id = producer, .producer_epoch = 0, .base_sequence = batch});
}

// How a file is damaged.
enum class Way : std::uint8_t { flipped, tail_lost, gone };

struct SideFilesOf : testing::Test {
  // A log with several segments and two epochs, whose start is within a segment.
  void make(World& world, Node& node) {
    run_process(world, node, [&](Host& host) {
      ASSERT_TRUE(host.disk().create_directory("t-0"));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", small_segments(), false);
      for (int i = 0; i < batches; ++i) ASSERT_TRUE(append(*log, numbered(i), i < batches / 2 ? 3 : 5));
      ASSERT_TRUE(log->wait_stable(batches, Deadline::never()));
      ASSERT_TRUE(log->advance_start(3));
      ASSERT_TRUE(log->close());
    });
  }
  void expect_all(PartitionLog& log, const std::string& what) {
    SCOPED_TRACE(what);
    EXPECT_EQ(log.log_start(), 3);
    EXPECT_EQ(log.log_end(), batches);
    EXPECT_FALSE(log.lost_synced());
    for (Offset from = 3; from < batches; ++from) {
      auto bytes = log.read(from, batches, 1, true);
      ASSERT_TRUE(bytes.has_value()) << to_string(bytes.error());
      ASSERT_EQ(read_batch_header(bytes->view())->base_offset, from);
      auto found = log.offset_for_timestamp(time_of(static_cast<int>(from)), batches);
      ASSERT_TRUE(found.has_value());
      ASSERT_TRUE(found->has_value());
      EXPECT_EQ((*found)->offset, from);
    }
    EXPECT_EQ((*log.max_timestamp(batches))->offset, batches - 1);
    std::vector<EpochCache::Entry> epochs(log.epochs().entries().begin(), log.epochs().entries().end());
    EXPECT_EQ(epochs, (std::vector<EpochCache::Entry>{{3, 0}, {5, batches / 2}}));
    auto again = append(log, numbered(batches - 1), 5);
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->base_offset, batches - 1);
  }
};

TEST_F(SideFilesOf, ALogAreMadeAgain) {
  std::vector<std::string> paths;
  {
    World world{1, LogLevel::error};
    make(world, world.add_node("broker"));
    for (const auto& [path, file] : world.node(0).disk().image().files())
      if (path.starts_with("t-0/") && !path.ends_with(".log")) paths.push_back(path);
  }
  for (auto name : {"/leader-epoch-checkpoint", "/fulmar-checkpoint", ".index", ".timeindex", ".snapshot"})
    EXPECT_TRUE(std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return path.ends_with(name); }))
        << name;
  for (const auto& path : paths) {
    for (auto way : {Way::flipped, Way::tail_lost, Way::gone}) {
      for (bool clean : {true, false}) {
        for (std::uint64_t part = 0; part < 4; ++part) {  // the quarter of the file that is damaged
          World world{1, LogLevel::error};
          auto& node = world.add_node("broker");
          make(world, node);
          node.power_loss();
          auto size = node.disk().image().file(path, false)->current().size();
          if (way == Way::gone && part > 0) continue;
          if (way == Way::flipped) node.disk().flip(path, (size - 1) * part / 3, 1);
          if (way == Way::tail_lost) node.disk().lose_tail(path, size * part / 4);
          if (way == Way::gone) node.disk().lose(path);
          auto what = path +
                      (way == Way::gone      ? " gone"
                       : way == Way::flipped ? " flipped"
                                             : " cut") +
                      (clean ? ", clean, " : ", ") + std::to_string(part);
          for (int start = 0; start < 2; ++start)
            run_process(world, node, [&](Host& host) {
              LogContext context(host, {});
              auto log = PartitionLog::open(context, "t-0", small_segments(), clean, OnDamage::keep_good);
              ASSERT_TRUE(log.has_value()) << what << ": " << to_string(log.error());
              expect_all(**log, what);
              EXPECT_TRUE((*log)->close());
            });
          if (HasFailure()) return;
        }
      }
    }
  }
}

// If all batches are deleted, only the file of epochs has the epoch by which the log is compared with others: without
// it the log must not count as an older one.
TEST_F(SideFilesOf, AnEmptyLogThatAreLostMakeItsReplicaCountForNothing) {
  for (bool lost : {false, true}) {
    World world{1, LogLevel::error};
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      ASSERT_TRUE(host.disk().create_directory("t-0"));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", small_segments(), false);
      ASSERT_TRUE(log->start_over(100, 4));
    });
    node.power_loss();
    if (lost) node.disk().lose("t-0/leader-epoch-checkpoint");
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", small_segments(), false, OnDamage::keep_good);
      ASSERT_TRUE(log.has_value());
      EXPECT_EQ((*log)->log_end(), 100);
      EXPECT_EQ((*log)->lost_synced(), lost);
      EXPECT_EQ((*log)->epochs().latest(), lost ? std::nullopt : std::optional<Epoch>(4));
    });
  }
}

}  // namespace
}  // namespace fulmar
