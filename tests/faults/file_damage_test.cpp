// Damage to files, of which only the caller's description is known.
#include "faults/file_damage.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/world.h"

namespace fulmar {
namespace {

struct FileDamageTest : testing::Test {
  void write(const std::map<std::string, std::string>& files) {
    node.start(1, [&](Host& host) {
      for (const auto& [path, content] : files) {
        auto file = host.disk().open(path, OpenMode::open_or_create).value();
        EXPECT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(content))));
        EXPECT_TRUE(file->sync());
      }
      EXPECT_TRUE(host.disk().sync_directory(""));
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
  Node& node = world.add_node("machine");
};

TEST_F(FileDamageTest, StaysBelowWhatMayBeDamaged) {
  const std::map<std::string, std::string> files{{"a", std::string(4096, 'a')}, {"b", std::string(4096, 'b')}};
  std::set<std::size_t> sectors;
  for (std::int64_t pick = 0; pick < 100; ++pick) {
    write(files);
    EXPECT_EQ(damage_sector(node.disk(), {{"a", "letters", 1024}}, pick * 1'000'003), "letters");
    auto after = now();
    EXPECT_EQ(after["b"], files.at("b"));
    EXPECT_EQ(after["a"].substr(1024), files.at("a").substr(1024));
    for (std::size_t sector = 0; sector < 2; ++sector)
      if (after["a"].substr(sector * 512, 512) != std::string(512, 'a')) sectors.insert(sector);
  }
  EXPECT_EQ(sectors.size(), 2u);
}

TEST_F(FileDamageTest, TakesSortsAsOftenAsEachOtherAndEveryWay) {
  std::map<std::string, std::string> files{{"rare", std::string(64, 'r')}};
  std::vector<DamageableFile> damageable{{"rare", "rare", 64, false}};
  for (int i = 0; i < 9; ++i) {
    files.emplace("many" + std::to_string(i), std::string(64, 'm'));
    damageable.push_back({"many" + std::to_string(i), "many", 64});
  }
  std::map<std::string, int> ways;
  for (std::int64_t pick = 0; pick < 400; ++pick) {
    write(files);
    ++ways[damage_in_some_way(node.disk(), damageable, pick * 1'000'003)];
  }
  EXPECT_EQ(ways.size(), 5u) << "three ways for one sort, two for one whose bytes are never wrong";
  EXPECT_GT(ways["rare, gone"] + ways["rare, its end lost"], 150);
  EXPECT_EQ(ways.count("rare"), 0u);
  EXPECT_EQ(damage_in_some_way(node.disk(), {}, 7), "");
}

}  // namespace
}  // namespace fulmar
