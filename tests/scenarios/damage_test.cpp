// The choice of damaged files: existing ones that the broker can do without.
#include "scenarios/damage/damageable_files.h"

#include <gtest/gtest.h>

#include <set>

#include "broker/log/checkpoint.h"
#include "broker/log/synced_mark.h"
#include "broker/protocol/record_batch.h"
#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {
namespace {

std::string damage_side_file(SimDisk& disk, std::int64_t pick) {
  return damage_in_some_way(disk, damageable_side_files(disk), pick);
}
std::string damage_small_file(SimDisk& disk, std::int64_t pick) {
  return damage_in_some_way(disk, damageable_small_files(disk), pick);
}

struct DamageableFilesTest : testing::Test {
  void write(const std::vector<std::pair<std::string, std::string>>& files, const std::string& mark = "") {
    node.start(1, [&](Host& host) {
      auto& disk = host.disk();
      EXPECT_TRUE(disk.create_directory("t-0"));
      for (const auto& [path, content] : files) {
        auto file = disk.open(path, OpenMode::open_or_create).value();
        EXPECT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(content))));
        if (path.ends_with(".log") && !mark.empty()) file->set_attribute(mark).value();
        EXPECT_TRUE(file->sync());
      }
      EXPECT_TRUE(disk.sync_directory("t-0"));
      EXPECT_TRUE(disk.sync_directory(""));
      return 0;
    });
    world.run_until([&] { return !node.running(); }, world.now() + seconds(10));
    node.power_loss();
  }
  std::map<std::string, std::string> now() {
    std::map<std::string, std::string> found;
    for (const auto& [path, file] : node.disk().image().files()) found[path] = file->current();
    return found;
  }

  World world{1};
  Node& node = world.add_node("broker");
};

TEST_F(DamageableFilesTest, ChangesOneFileBesideTheBatchesAtATime) {
  const std::vector<std::pair<std::string, std::string>> files{
      {"t-0/00000000000000000000.log", std::string(100, 'b')},
      {"t-0/00000000000000000000.index", std::string(16, 'i')},
      {"t-0/00000000000000000000.timeindex", std::string(24, 't')},
      {"t-0/00000000000000000005.snapshot", std::string(30, 's')},
      {"t-0/fulmar-checkpoint", "1\n5 0 1234\n"},
      {"meta.properties", "version=1\n"}};
  std::set<std::string> sorts;
  for (std::int64_t pick = 0; pick < 200; ++pick) {
    write(files);
    auto before = now();
    sorts.insert(damage_side_file(node.disk(), pick * 1'000'003));
    auto after = now();
    int changed = 0;
    for (const auto& [path, content] : before) {
      bool same = after.contains(path) && after[path] == content;
      EXPECT_TRUE(same || path.ends_with("index") || path.ends_with(".snapshot")) << path;
      changed += !same;
    }
    EXPECT_EQ(changed, 1) << pick;
  }
  EXPECT_EQ(sorts.size(), 9u) << "three sorts, each with a wrong byte, cut, and gone";
}

// A batch without records at offset 0.
std::string one_batch() {
  std::string batch(batch_header_size, '\0');
  BatchHeader header;
  header.length = static_cast<std::int32_t>(batch_header_size - batch_prefix_size);
  write_batch_header(batch.data(), header);
  return batch;
}

TEST_F(DamageableFilesTest, TakesACheckpointOnlyWhereMarksTellTheSame) {
  const auto checkpoint = Checkpoint{1, 0}.encode();
  write({{"t-0/00000000000000000000.log", one_batch()}, {"t-0/fulmar-checkpoint", checkpoint}});
  EXPECT_EQ(damage_side_file(node.disk(), 0), "");
  write({{"t-0/00000000000000000000.log", one_batch()}, {"t-0/fulmar-checkpoint", checkpoint}},
        SyncedMark{1, 0}.encode());
  EXPECT_EQ(damage_side_file(node.disk(), 0), "checkpoint");
  EXPECT_NE(now()["t-0/fulmar-checkpoint"], checkpoint);
}

// If all batches are deleted only that file has the last one's epoch, which can't be derived.
TEST_F(DamageableFilesTest, TakesNoEpochsWhereNoBatchTellsThem) {
  auto damaged_where = [&](const Checkpoint& checkpoint, const SyncedMark& mark) {
    std::set<std::string> sorts;
    for (std::int64_t pick = 0; pick < 20; ++pick) {
      write({{"t-0/00000000000000000000.log", one_batch()},
             {"t-0/00000000000000000001.log", ""},
             {"t-0/leader-epoch-checkpoint", "0\n1\n0 0\n"},
             {"t-0/fulmar-checkpoint", checkpoint.encode()}},
            mark.encode());
      auto sort = damage_side_file(node.disk(), pick * 1'000'003);
      if (!sort.empty()) sorts.insert(sort.substr(0, sort.find(',')));
    }
    return sorts;
  };
  EXPECT_EQ(damaged_where({1, 0}, {1, 0}), (std::set<std::string>{"checkpoint", "epochs"}));
  EXPECT_EQ(damaged_where({1, 1}, {1, 0}), std::set<std::string>()) << "its removal was not synced yet";
  EXPECT_EQ(damaged_where({1, 0, 1}, {1, 0}), std::set<std::string>()) << "batches may be missing";
}

TEST_F(DamageableFilesTest, TakesWhatOthersCanGiveAgainByItself) {
  std::set<std::string> sorts;
  for (std::int64_t pick = 0; pick < 200; ++pick) {
    write({{"t-0/partition.metadata", "version: 0\n"},
           {"metadata-snapshot", "1\n{}"},
           {"raft-state-1-0", std::string(50, 'r')},
           {"meta.properties", "version=1\n"},
           {"t-0/00000000000000000000.index", "12345678"}});
    sorts.insert(damage_small_file(node.disk(), pick * 1'000'003));
    EXPECT_EQ(now()["meta.properties"], "version=1\n");
    EXPECT_EQ(now()["t-0/00000000000000000000.index"], "12345678");
  }
  EXPECT_EQ(sorts.size(), 7u) << "three ways for two sorts; what no attribute vouches for is not cut";
}

}  // namespace
}  // namespace fulmar
