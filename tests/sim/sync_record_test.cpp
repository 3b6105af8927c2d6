// What is settled when the power goes: what a system has had the time to note, durably, to be synced.
#include "sim/sync_record.h"

#include <gtest/gtest.h>

#include "sim/disk_image.h"

namespace fulmar {
namespace {

struct SyncRecordTest : testing::Test {
  std::shared_ptr<FileImage> make(std::string_view name) {
    auto file = disk.make_file();
    disk.link(disk.directory(""), name, Inode{file, nullptr});
    disk.sync_directory(*disk.directory(""), disk.mark());
    return file;
  }
  static void append(FileImage& file, std::size_t size) {
    file.write(file.current().size(), ByteChain(Bytes::copy_of(std::string(size, 'x'))));
  }
  static void sync(FileImage& file) { file.sync(file.mark()); }
  void power_loss() { disk.power_loss(random); }

  Random random{1};
  DiskImage disk;
};

TEST_F(SyncRecordTest, TwoMoreSyncsSettleWhatOneCovered) {
  auto file = make("0.log");
  for (std::size_t i = 0; i < 4; ++i) {
    append(*file, 100);
    sync(*file);
  }
  EXPECT_EQ(file->settled_size(), 0u) << "that is told when the power goes";
  power_loss();
  EXPECT_EQ(file->settled_size(), 200u);
  power_loss();
  EXPECT_EQ(file->settled_size(), 200u) << "what was settled stays so";
}

TEST_F(SyncRecordTest, SyncsThatOverlapAreNotOneAfterTheOther) {
  auto file = make("0.log");
  append(*file, 100);
  sync(*file);
  auto one = file->mark();
  auto other = file->mark();
  file->sync(one);
  file->sync(other);
  power_loss();
  EXPECT_EQ(file->settled_size(), 0u);
}

TEST_F(SyncRecordTest, SyncsOfALaterFileSettleTheOnesBefore) {
  auto first = make("0.log");
  auto second = make("1.log");
  auto elsewhere = make("0.index");
  append(*first, 100);
  append(*elsewhere, 100);
  sync(*first);
  sync(*elsewhere);
  for (int i = 0; i < 3; ++i) sync(*second);
  power_loss();
  EXPECT_EQ(first->settled_size(), 100u);
  EXPECT_EQ(elsewhere->settled_size(), 0u);
}

TEST_F(SyncRecordTest, NothingIsSettledByANoteThatIsNotSynced) {
  auto first = make("0.log");
  auto second = make("1.log");
  append(*first, 100);
  sync(*first);
  second->set_attribute("synced up to here");
  sync(*first);
  sync(*first);
  power_loss();
  EXPECT_EQ(first->settled_size(), 0u) << "it may have been in the other";
  append(*first, 100);
  second->set_attribute("synced up to here");
  for (int i = 0; i < 3; ++i) sync(*first), sync(*second);
  power_loss();
  EXPECT_EQ(first->settled_size(), 200u);
}

TEST_F(SyncRecordTest, WhatIsChangedIsNotSettledAnyMore) {
  auto file = make("0.log");
  append(*file, 1000);
  for (int i = 0; i < 3; ++i) sync(*file);
  power_loss();
  EXPECT_EQ(file->settled_size(), 1000u);
  file->write(600, ByteChain(Bytes::copy_of("new")));
  EXPECT_EQ(file->settled_size(), 600u);
  file->truncate(300);
  power_loss();
  EXPECT_EQ(file->settled_size(), 300u) << "whether the cut has come through or not";
}

TEST_F(SyncRecordTest, WhatAFailedSyncForgotIsNotSettledByLaterOnes) {
  auto file = make("0.log");
  append(*file, 100);
  for (int i = 0; i < 3; ++i) sync(*file);
  power_loss();
  append(*file, 100);
  for (int i = 0; i < 20; ++i) file->fail_sync(file->mark(), random);
  ASSERT_EQ(file->current().size(), 200u);
  for (int i = 0; i < 5; ++i) sync(*file);
  power_loss();
  EXPECT_EQ(file->settled_size(), 100u);
}

TEST_F(SyncRecordTest, AFileIsSettledAsItGotItsName) {
  auto file = make("votes.tmp");
  append(*file, 100);
  sync(*file);
  append(*file, 50);
  auto root = disk.directory("");
  disk.rename(root, "votes.tmp", root, "votes");
  disk.sync_directory(*root, disk.mark());
  power_loss();
  EXPECT_EQ(file->settled_size(), 100u);
}

}  // namespace
}  // namespace fulmar
