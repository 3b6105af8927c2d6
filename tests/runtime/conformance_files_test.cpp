#include "world_under_test.h"

namespace fulmar {
namespace {

using Files = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(Files);

TEST_P(Files, WhatIsWrittenIsReadAndGapsAreZero) {
  run(1, [](Host& host) {
    auto file = host.disk().open("f", OpenMode::create).value();
    ByteChain two = chain_of("hello ");
    two.append(Bytes::copy_of("world"));
    ASSERT_TRUE(file->write_at(10, two));
    ASSERT_TRUE(file->write_at(16, chain_of("W")));
    EXPECT_EQ(file->size(), 21u);
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(read_exactly(*file, 0, 21)->view(), std::string(10, '\0') + "hello World");
    char buffer[100];
    auto some = *file->read_at(15, buffer);
    EXPECT_TRUE(some >= 1 && some <= 6) << "some, and no more than there are";
    EXPECT_EQ(*file->read_at(21, buffer), 0u);
    EXPECT_EQ(read_exactly(*file, 15, 7).error().code, Errc::out_of_range);
  });
}

TEST_P(Files, ManyPartsAndMegabytesGoInOneWrite) {
  run(1, [](Host& host) {
    auto file = host.disk().open("f", OpenMode::create).value();
    ByteChain many;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
      std::string part(static_cast<std::size_t>(1 + i * 40), static_cast<char>('a' + i % 26));
      expected += part;
      many.append(Bytes::copy_of(part));
    }
    ASSERT_TRUE(file->write_at(0, many));
    EXPECT_EQ(read_exactly(*file, 0, expected.size())->view(), expected);
  });
}

TEST_P(Files, TruncateCutsAndExtends) {
  run(1, [](Host& host) {
    auto file = host.disk().open("f", OpenMode::create).value();
    ASSERT_TRUE(file->write_at(0, chain_of("abcdef")));
    ASSERT_TRUE(file->truncate(3));
    EXPECT_EQ(file->size(), 3u);
    ASSERT_TRUE(file->truncate(5));
    EXPECT_EQ(read_exactly(*file, 0, 5)->view(), std::string_view("abc\0\0", 5));
  });
}

TEST_P(Files, AFileKnowsWhenItWasChangedAndCanBeToldOtherwise) {
  run(1, [](Host& host) {
    auto& clock = host.clock();
    auto begin = clock.wall_ms();
    auto file = host.disk().open("f", OpenMode::create).value();
    ASSERT_TRUE(file->write_at(0, chain_of("abc")));
    constexpr Timestamp coarse_ms = 20;  // the kernel's file times are of its last tick
    EXPECT_GE(file->modified_ms().value(), begin - coarse_ms);
    EXPECT_LE(file->modified_ms().value(), clock.wall_ms());
    for (Timestamp at : {Timestamp{1234567890123}, Timestamp{0}, Timestamp{-1500}}) {
      ASSERT_TRUE(file->set_modified_ms(at));
      EXPECT_EQ(file->modified_ms().value(), at);
      EXPECT_EQ(host.disk().open("f", OpenMode::read).value()->modified_ms().value(), at);
    }
    ASSERT_TRUE(file->truncate(1));
    EXPECT_GE(file->modified_ms().value(), begin - coarse_ms);
  });
}

TEST_P(Files, AFileCarriesAnAttribute) {
  run(1, [](Host& host) {
    auto& disk = host.disk();
    auto file = disk.open("f", OpenMode::create).value();
    auto none = file->attribute();
    if (!none && none.error().code == Errc::unsupported) GTEST_SKIP() << "this file system has none";
    EXPECT_EQ(none.value(), "");
    std::string value("\0some bytes\n", 13);
    for (const auto& set : {value, std::string(attribute_bytes_max, 'x'), std::string("short")}) {
      ASSERT_TRUE(file->set_attribute(set));
      EXPECT_EQ(file->attribute().value(), set);
    }
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.rename("f", "g"));
    EXPECT_EQ(disk.open("g", OpenMode::read).value()->attribute().value(), "short");
    EXPECT_EQ(file->size(), 0u);
  });
}

TEST_P(Files, OpeningKeepsToItsMode) {
  run(1, [](Host& host) {
    auto& disk = host.disk();
    EXPECT_EQ(disk.open("f", OpenMode::read).error().code, Errc::not_found);
    EXPECT_EQ(disk.open("f", OpenMode::read_write).error().code, Errc::not_found);
    EXPECT_TRUE(disk.open("f", OpenMode::create).has_value());
    EXPECT_EQ(disk.open("f", OpenMode::create).error().code, Errc::exists);
    EXPECT_TRUE(disk.open("f", OpenMode::open_or_create).has_value());
    EXPECT_EQ(disk.open("none/f", OpenMode::create).error().code, Errc::not_found);
  });
}

TEST_P(Files, NamesAreListedInOrderAndRenamingReplaces) {
  run(1, [](Host& host) {
    auto& disk = host.disk();
    ASSERT_TRUE(disk.create_directory("d"));
    ASSERT_TRUE(disk.create_directory("d")) << "fine if it is there";
    for (auto name : {"d/c", "d/a", "d/b"})
      ASSERT_TRUE(disk.open(name, OpenMode::create)->get()->write_at(0, chain_of(name)));
    ASSERT_TRUE(disk.rename("d/c", "d/a"));
    auto entries = disk.list("d").value();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "a");
    EXPECT_EQ(entries[0].size, 3u);
    EXPECT_EQ(entries[1].name, "b");
    EXPECT_EQ(read_file(disk, "d/a", 100)->view(), "d/c");
    EXPECT_EQ(disk.remove_directory("d").error().code, Errc::exists);
    ASSERT_TRUE(disk.remove("d/a"));
    EXPECT_EQ(disk.remove("d/a").error().code, Errc::not_found);
    ASSERT_TRUE(disk.remove("d/b"));
    ASSERT_TRUE(disk.sync_directory("d"));
    ASSERT_TRUE(disk.remove_directory("d"));
    EXPECT_EQ(disk.list("d").error().code, Errc::not_found);
    auto space = disk.space();
    ASSERT_TRUE(space);
    EXPECT_GT(space->free_bytes, 0u);
    EXPECT_GE(space->total_bytes, space->free_bytes);
    EXPECT_FALSE(disk.name().empty());
  });
}

TEST_P(Files, AReplacedFileIsWholeAndALargeOneIsRefused) {
  run(1, [](Host& host) {
    ASSERT_TRUE(replace_file(host.disk(), "f", chain_of("one")));
    ASSERT_TRUE(replace_file(host.disk(), "f", chain_of("two!")));
    EXPECT_EQ(read_file(host.disk(), "f", 4)->view(), "two!");
    EXPECT_EQ(read_file(host.disk(), "f", 3).error().code, Errc::too_large);
  });
}

TEST_P(Files, ALockIsHeldUntilItIsClosed) {
  run(1, [](Host& host) {
    auto lock = host.disk().lock("lock");
    ASSERT_TRUE(lock.has_value());
    EXPECT_EQ(host.disk().lock("lock").error().code, Errc::exists);
    lock->reset();
    EXPECT_TRUE(host.disk().lock("lock").has_value());
  });
}

TEST_P(Files, FibersUseAFileAtOnce) {
  run(1, [](Host& host) {
    auto file = host.disk().open("f", OpenMode::create).value();
    FiberGroup group;
    for (std::uint64_t i = 0; i < 20; ++i) {
      group.spawn("writer", [&, i] {
        ASSERT_TRUE(file->write_at(i * 10, chain_of(std::string(10, static_cast<char>('a' + i)))));
        ASSERT_TRUE(file->sync());
        EXPECT_EQ(read_exactly(*file, i * 10, 10)->view(), std::string(10, static_cast<char>('a' + i)));
      });
    }
    group.join();
    EXPECT_EQ(file->size(), 200u);
  });
}

}  // namespace
}  // namespace fulmar
