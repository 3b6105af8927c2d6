// Many files in use, of which few are open.
#include "broker/log/file_cache.h"

#include "log_test_kit.h"

namespace fulmar {
namespace {

void with_descriptors(std::size_t max, std::function<void(Host&, SimDisk&)> body) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("node");
  node.set_descriptors_max(max);
  run_process(world, node, [&](Host& host) { body(host, node.disk()); });
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

std::string text_of(File& file) {
  auto bytes = read_exactly(file, 0, file.size());
  return bytes ? std::string(bytes->view()) : to_string(bytes.error());
}

TEST(FileCache, ManyFilesAreWrittenAndReadThoughFewAreOpen) {
  with_descriptors(100, [](Host& host, SimDisk& disk) {
    auto cache = std::make_shared<FileCache>(host);
    std::vector<std::unique_ptr<File>> files;
    std::int64_t most = 0;
    for (int i = 0; i < 500; ++i) {
      files.push_back(cache->open("f" + std::to_string(i), OpenMode::open_or_create).value());
      ASSERT_TRUE(files.back()->write_at(0, ByteChain(Bytes::copy_of("begin" + std::to_string(i)))));
      most = std::max(most, disk.open_files());
    }
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 500; ++i) {
        auto& file = *files[static_cast<std::size_t>(i * 7 % 500)];
        ASSERT_TRUE(file.write_at(file.size(), ByteChain(Bytes::copy_of("+"))));
        if (i % 3 == 0) {
          ASSERT_TRUE(file.sync());
        }
        most = std::max(most, disk.open_files());
      }
    }
    for (int i = 0; i < 500; ++i)
      EXPECT_EQ(text_of(*files[static_cast<std::size_t>(i)]), "begin" + std::to_string(i) + "++");
    EXPECT_LE(most, 60);
    EXPECT_EQ(static_cast<std::size_t>(disk.open_files()), cache->open_files());
    files.clear();
    EXPECT_EQ(disk.open_files(), 0);
  });
}

TEST(FileCache, WhatIsClosedWithUnsyncedWritesWasSynced) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("node");
  node.set_descriptors_max(100);
  run_process(
      world, node,
      [&](Host& host) {
        auto cache = std::make_shared<FileCache>(host);
        std::vector<std::unique_ptr<File>> files;
        for (int i = 0; i < 200; ++i) {
          files.push_back(cache->open("f" + std::to_string(i), OpenMode::open_or_create).value());
          ASSERT_TRUE(files.back()->write_at(0, ByteChain(Bytes::copy_of("content"))));
        }
        ASSERT_TRUE(host.disk().sync_directory(""));
        host.clock().sleep_for(seconds(10'000));
      },
      seconds(1000));
  node.power_loss();
  run_process(world, node, [&](Host& host) {
    for (int i = 0; i < 100; ++i) {  // the first were closed to make room for the others
      auto file = host.disk().open("f" + std::to_string(i), OpenMode::read);
      ASSERT_TRUE(file.has_value());
      EXPECT_EQ(text_of(**file), "content") << i;
    }
  });
  node.kill();
}

TEST(FileCache, RoomForAConnectionIsMadeByClosingFilesAndRefusedWhereNoneAreLeft) {
  with_descriptors(100, [](Host& host, SimDisk& disk) {
    auto cache = std::make_shared<FileCache>(host);
    std::vector<std::unique_ptr<File>> files;
    for (int i = 0; i < 40; ++i)
      files.push_back(cache->open("f" + std::to_string(i), OpenMode::open_or_create).value());
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    std::vector<std::unique_ptr<Connection>> connections;
    int made = 0;
    FiberGroup accepting;
    accepting.spawn("accept", [&] {
      while (auto accepted = listener->accept()) connections.push_back(std::move(*accepted));
    });
    while (cache->make_room_for_one() && made < 1000) {
      connections.push_back(host.network().connect(listener->local(), host.clock().deadline_in(seconds(5))).value());
      ++made;
    }
    EXPECT_GT(made, 20);
    EXPECT_LT(made, 50);  // each connection has two descriptors here
    EXPECT_LT(disk.open_files(), 40);
    EXPECT_GE(disk.open_files(), 16);
    for (auto& file : files) EXPECT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of("still written"))));
    listener->close();
    accepting.join();
  });
}

}  // namespace
}  // namespace fulmar
