// Checked files recognise damage, and do not take edits for damage.
#include "broker/log/checked_file.h"

#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

struct CheckedFileTest : testing::Test {
  CheckedFileTest() {
    run_process(world, node, [](Host& host) {
      EXPECT_TRUE(replace_checked_file(host.disk(), "f", Bytes::copy_of("content that matters\n")));
    });
  }
  Integrity integrity() {
    auto found = Integrity::unknown;
    run_process(world, node, [&](Host& host) {
      auto read = read_checked_file(host.disk(), "f", 100);
      ASSERT_TRUE(read.has_value());
      found = read->integrity;
    });
    return found;
  }

  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");
};

TEST_F(CheckedFileTest, IsIntactAfterAPowerLoss) {
  EXPECT_EQ(integrity(), Integrity::intact);
  node.power_loss();
  EXPECT_EQ(integrity(), Integrity::intact);
  run_process(world, node, [](Host& host) {
    EXPECT_TRUE(replace_checked_file(host.disk(), "f", Bytes()));
    EXPECT_EQ(read_checked_file(host.disk(), "f", 100)->integrity, Integrity::intact);
    EXPECT_EQ(read_checked_file(host.disk(), "none", 100).error().code, Errc::not_found);
    EXPECT_TRUE(replace_checked_file(host.disk(), "f", Bytes::copy_of(std::string(101, 'x'))));
    EXPECT_EQ(read_checked_file(host.disk(), "f", 100).error().code, Errc::too_large);
  });
}

TEST_F(CheckedFileTest, AnyOneBitThatIsWrongIsDamage) {
  for (std::uint64_t bit = 0; bit < 21 * 8; ++bit) {
    node.disk().flip("f", bit / 8, static_cast<char>(1 << bit % 8));
    EXPECT_EQ(integrity(), Integrity::damaged) << bit;
    node.disk().flip("f", bit / 8, static_cast<char>(1 << bit % 8));
  }
  EXPECT_EQ(integrity(), Integrity::intact);
  for (std::uint64_t size = 20; size > 0; --size) {
    node.disk().lose_tail("f", size);
    EXPECT_EQ(integrity(), Integrity::damaged) << size;
  }
}

TEST_F(CheckedFileTest, WhatPeopleWriteIsTheirs) {
  world.run_for(seconds(1));
  run_process(world, node, [](Host& host) {
    auto file = host.disk().open("f", OpenMode::read_write).value();
    EXPECT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of("C"))));  // in place, as some editors do
  });
  EXPECT_EQ(integrity(), Integrity::unknown);
  run_process(world, node,
              [](Host& host) { EXPECT_TRUE(replace_file(host.disk(), "f", ByteChain(Bytes::copy_of("another")))); });
  EXPECT_EQ(integrity(), Integrity::unknown);
}

}  // namespace
}  // namespace fulmar
