// DiskPromises equals what the broker's next life would find, whatever happened to the disk.
#include "checkers/replication/disk_promises.h"

#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

GroupId group(int n) {
  return {{1, static_cast<std::uint64_t>(n)}, 0};
}

HardState in_term(Epoch term) {
  HardState state;
  state.term = term;
  state.vote = ReplicaId{term % 3, {1, 1}};
  return state;
}

// Broker 0 is the world's only node.
struct OneDisk : testing::Test, Machines {
  std::vector<std::string> list(std::int32_t, std::string_view directory, bool durable) const override {
    return node.disk().image().names(directory, durable);
  }
  std::string_view content(std::int32_t, std::string_view path, bool durable) const override {
    const auto* file = node.disk().image().file(path, durable);
    if (!file) return {};
    return durable ? file->durable() : file->current();
  }
  // As a broker would find them after the worst power loss.
  HardStates kept() const {
    std::map<std::string, Bytes> files;
    for (const auto& name : list(0, "", true))
      if (HardStateStore::numbers_of(name)) files.emplace(name, Bytes::copy_of(content(0, name, true)));
    return HardStateStore::decode(files).states;
  }
  void expect_as_kept() {
    auto wanted = kept();
    for (int n = 0; n < 6; ++n) {
      auto known = wanted.find(group(n));
      const auto* found = promises.find(0, group(n));
      ASSERT_EQ(found != nullptr, known != wanted.end()) << n;
      if (found) {
        ASSERT_EQ(*found, known->second) << n;
      }
    }
  }

  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");
  DiskPromises promises{*this};
};

TEST_F(OneDisk, HasNothingBeforeAnythingIsPromised) {
  EXPECT_EQ(promises.find(0, group(1)), nullptr);
}

TEST_F(OneDisk, HasAPromiseOnceItIsSynced) {
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    ASSERT_TRUE(store->put(group(1), in_term(3)));
    ASSERT_NE(promises.find(0, group(1)), nullptr);
    EXPECT_EQ(promises.find(0, group(1))->term, 3);
    host.disk().rename("raft-state-1-0", "elsewhere").value();
    EXPECT_NE(promises.find(0, group(1)), nullptr) << "a power loss may undo that";
    host.disk().sync_directory("").value();
    EXPECT_EQ(promises.find(0, group(1)), nullptr);
  });
}

TEST_F(OneDisk, IsReadAsTheBrokerWouldThroughLivesRewritesAndPowerLosses) {
  Random random(7);
  Epoch term = 0;
  auto live = [&](Host& host) {
    auto stored = HardStateStore::load(host.disk()).value();
    auto store = HardStateStore::begin(host, stored.next_life, stored.states).value();
    expect_as_kept();
    ASSERT_TRUE(HardStateStore::remove_files(host.disk(), stored.files));
    for (;;) {
      auto which = group(static_cast<int>(random.below(6)));
      if (random.chance(1, 10))
        store->remove(which);
      else
        ASSERT_TRUE(store->put(which, in_term(++term)));
      if (random.chance(1, 4)) expect_as_kept();
    }
  };
  for (int life = 0; life < 20; ++life) {
    run_process(world, node, live, milliseconds(random.between(1, 500)));
    node.power_loss();
    expect_as_kept();
  }
  EXPECT_GT(term, 1000);
}

}  // namespace
}  // namespace fulmar
