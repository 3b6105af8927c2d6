// What damage chooses: files that are there, and that the broker can do without.
#include "faults/file_damage.h"

#include <gtest/gtest.h>

#include <set>

#include "runtime/host/clock.h"
#include "sim/world.h"

namespace fulmar {
namespace {

struct FileDamageTest : testing::Test {
  // Each file is written, and synced so often; then the power is lost.
  void write(const std::vector<std::pair<std::string, std::string>>& files, int syncs = 1) {
    node.start(1, [&](Host& host) {
      auto& disk = host.disk();
      EXPECT_TRUE(disk.create_directory("t-0"));
      for (const auto& [path, content] : files) {
        auto file = disk.open(path, OpenMode::open_or_create).value();
        EXPECT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(content))));
        for (int i = 0; i < syncs; ++i) EXPECT_TRUE(file->sync());
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

TEST_F(FileDamageTest, ChangesOneFileBesideTheBatchesAtATime) {
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

TEST_F(FileDamageTest, TakesACheckpointOnlyWhereALogIsSettled) {
  const std::vector<std::pair<std::string, std::string>> files{{"t-0/00000000000000000000.log", "batches"},
                                                               {"t-0/fulmar-checkpoint", "1\n1 0 1234\n"}};
  write(files, 2);
  EXPECT_EQ(damage_side_file(node.disk(), 0), "");
  write(files, 3);
  EXPECT_EQ(damage_side_file(node.disk(), 0), "checkpoint");
  EXPECT_NE(now()["t-0/fulmar-checkpoint"], "1\n1 0 1234\n");
}

TEST_F(FileDamageTest, DamagesWhatIsSettledOfLogsAndPromisesWithoutAskingThem) {
  const std::vector<std::pair<std::string, std::string>> files{{"t-0/00000000000000000000.log", std::string(2000, 'b')},
                                                               {"t-0/00000000000000000000.index", std::string(16, 'i')},
                                                               {"raft-state-1-0", std::string(700, 'r')}};
  write(files, 2);
  for (std::int64_t pick = 0; pick < 10; ++pick) EXPECT_EQ(damage_records(node.disk(), pick), "");
  std::map<std::string, int> damaged;
  for (std::int64_t pick = 0; pick < 100; ++pick) {
    write(files, 3);
    auto sort = damage_records(node.disk(), pick * 1'000'003);
    ++damaged[sort];
    auto after = now();
    for (const auto& [path, content] : files)
      EXPECT_EQ(after[path] != content, path == (sort == "records" ? files[0].first : files[2].first)) << path;
  }
  EXPECT_GT(damaged["records"], 20);
  EXPECT_GT(damaged["terms and votes"], 20);
}

TEST_F(FileDamageTest, TakesWhatOthersCanGiveAgainByItself) {
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
  EXPECT_EQ(sorts.size(), 7u) << "three ways for two sorts; what is not settled is not cut";
}

}  // namespace
}  // namespace fulmar
