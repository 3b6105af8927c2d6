#include "sim/disk_image.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace fulmar {
namespace {

ByteChain chain(std::string_view text) {
  return ByteChain(Bytes::copy_of(text));
}

TEST(FileImage, WhatWasSyncedSurvivesAPowerLoss) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    FileImage file;
    file.write(0, chain("abc"));
    file.sync(file.mark());
    file.write(3, chain("def"));
    file.power_loss(random);
    EXPECT_EQ(file.current().substr(0, 3), "abc");
    EXPECT_EQ(file.current(), file.durable());
  }
}

TEST(FileImage, ASyncCoversOnlyWhatWasWrittenBeforeItBegan) {
  std::set<std::string> found;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    FileImage file;
    file.write(0, chain("a"));
    auto mark = file.mark();
    file.write(1, chain("b"));
    file.sync(mark);
    file.power_loss(random);
    found.insert(file.current());
  }
  EXPECT_EQ(found, (std::set<std::string>{"a", "ab"}));
}

TEST(FileImage, ATornWriteIsTornAtSectorsOnly) {
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    FileImage file;
    file.write(0, chain(std::string(2048, 'o')));
    file.sync(file.mark());
    file.write(100, chain(std::string(1500, 'n')));
    file.power_loss(random);
    const auto& content = file.current();
    std::set<char> kinds;
    for (std::size_t sector = 0; sector < 4; ++sector) {
      auto from = std::max<std::size_t>(sector * sector_size, 100);
      auto to = std::min<std::size_t>((sector + 1) * sector_size, 1600);
      std::set<char> in_sector(content.begin() + static_cast<std::ptrdiff_t>(from),
                               content.begin() + static_cast<std::ptrdiff_t>(to));
      ASSERT_EQ(in_sector.size(), 1u) << "seed " << seed << " sector " << sector;
      kinds.insert(*in_sector.begin());
    }
    torn = torn || kinds.size() == 2;
  }
  EXPECT_TRUE(torn);
}

TEST(FileImage, WhatAFailedSyncForgotNeverBecomesDurable) {
  bool forgotten = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    FileImage file;
    file.write(0, chain("x"));
    file.fail_sync(file.mark(), random);
    EXPECT_EQ(file.current(), "x");  // the page cache still shows it
    file.sync(file.mark());
    file.power_loss(random);
    forgotten = forgotten || file.current().empty();
  }
  EXPECT_TRUE(forgotten);
}

TEST(DiskImage, ANewNameNeedsItsDirectorySynced) {
  std::set<std::size_t> kept;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    DiskImage disk;
    disk.link(disk.directory(""), "synced", Inode{std::make_shared<FileImage>(), nullptr});
    disk.sync_directory(*disk.directory(""), disk.mark());
    disk.link(disk.directory(""), "unsynced", Inode{std::make_shared<FileImage>(), nullptr});
    disk.power_loss(random);
    EXPECT_NE(disk.find("synced"), nullptr);
    kept.insert(disk.files().size());
  }
  EXPECT_EQ(kept, (std::set<std::size_t>{1, 2}));
}

TEST(DiskImage, ARenameIsOneStep) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    DiskImage disk;
    auto root = disk.directory("");
    auto old_file = std::make_shared<FileImage>();
    auto new_file = std::make_shared<FileImage>();
    disk.link(root, "name", Inode{old_file, nullptr});
    disk.link(root, "name.tmp", Inode{new_file, nullptr});
    disk.sync_directory(*root, disk.mark());
    disk.rename(root, "name.tmp", root, "name");
    disk.power_loss(random);
    auto found = disk.find("name")->file;
    if (found == new_file)
      EXPECT_EQ(disk.find("name.tmp"), nullptr);
    else
      EXPECT_EQ(disk.find("name.tmp")->file, new_file);
  }
}

// The law of the model: whatever is written, each byte after a power loss is one of the values that were last synced or
// written since.
TEST(FileImage, EveryByteFoundWasThere) {
  rc::check([](std::uint64_t seed) {
    Random random(seed);
    FileImage file;
    std::string synced(4096, '\0');
    std::vector<std::string> since;
    file.write(0, chain(synced));
    file.sync(file.mark());
    for (int i = 0; i < 20; ++i) {
      auto offset = random.below(4000);
      std::string data(1 + random.below(4096 - offset), static_cast<char>('a' + i));
      file.write(offset, chain(data));
      since.push_back(file.current());
      if (random.chance(1, 5)) {
        file.sync(file.mark());
        synced = file.current();
        since.clear();
      }
    }
    file.power_loss(random);
    for (std::size_t at = 0; at < 4096; ++at) {
      bool known = file.current()[at] == synced[at];
      for (const auto& state : since) known = known || file.current()[at] == state[at];
      RC_ASSERT(known);
    }
  });
}

}  // namespace
}  // namespace fulmar
