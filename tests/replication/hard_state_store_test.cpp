// Hard states on disks that fail and lose power: whatever put() has stored is found again.
#include "broker/replication/hard_state_store.h"

#include <gtest/gtest.h>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/writer.h"
#include "broker/replication/earlier_states.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

GroupId group(int number) {
  return {{1, 2}, number};
}

HardState state_of_term(Epoch term) {
  HardState state;
  state.term = term;
  state.vote = ReplicaId{term % 5, {7, 8}};
  state.damage = term % 3 == 0 ? 99 : 0;
  state.log_term = term - 1;
  state.configuration = {{term, 11}, {{{1, {1, 1}}}, {{2, {2, 2}}}, {{3, {3, 3}}}}};
  return state;
}

TEST(HardStateStore, WhatWasPutIsFoundInTheNextLife) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(store->put(group(i % 4), state_of_term(i)));
    store->remove(group(0));
    ASSERT_TRUE(store->put(group(5), state_of_term(5)));
  });
  run_process(world, node, [&](Host& host) {
    auto stored = HardStateStore::load(host.disk()).value();
    EXPECT_EQ(stored.next_life, 2u);
    HardStates wanted{{group(1), state_of_term(9)},
                      {group(2), state_of_term(6)},
                      {group(3), state_of_term(7)},
                      {group(5), state_of_term(5)}};
    EXPECT_EQ(stored.states, wanted);
    // The next life begins new files, and removes the old ones.
    auto store = HardStateStore::begin(host, stored.next_life, stored.states).value();
    ASSERT_TRUE(HardStateStore::remove_files(host.disk(), stored.files));
    EXPECT_EQ(HardStateStore::load(host.disk())->states, wanted);
    EXPECT_EQ(HardStateStore::load(host.disk())->next_life, 3u);
  });
}

// While there is no room, the same state is put again and again: that must not need more room each time.
TEST(HardStateStore, TryingAgainNeedsNoMoreRoom) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    ASSERT_TRUE(store->put(group(1), state_of_term(1)));
    auto capacity_with = [&](std::uint64_t room) {
      auto faults = node.disk().faults();
      auto space = host.disk().space().value();
      faults.capacity_bytes = space.total_bytes - space.free_bytes + room;
      node.disk().set_faults(faults);
    };
    constexpr std::uint64_t room_for_one = 512;
    capacity_with(0);
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(store->put(group(1), state_of_term(2)).error().code, Errc::no_space) << "attempt " << i;
    capacity_with(room_for_one);
    EXPECT_TRUE(store->put(group(1), state_of_term(2)));
    node.disk().set_faults({});
    EXPECT_EQ(HardStateStore::load(host.disk())->states.at(group(1)), state_of_term(2));
  });
}

// A group of many voters whose terms change writes its configuration only when that changes.
TEST(HardStateStore, AConfigurationIsWrittenOnce) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  HardState state = state_of_term(1);
  auto size = [&] { return node.disk().image().file("raft-state-1-0", false)->current().size(); };
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    for (std::int32_t broker = 10; broker < 50; ++broker)
      state.configuration.configuration.learners.push_back({broker, {1, 1}});
    auto grown_by = [&](const HardState& next) {
      auto before = size();
      EXPECT_TRUE(store->put(group(0), next));
      return size() - before;
    };
    auto whole = grown_by(state);
    state.term = 7;
    EXPECT_LT(grown_by(state), whole / 5);
    ++state.configuration.mark.version;
    EXPECT_EQ(grown_by(state), whole);
    state.log_term = 6;
    EXPECT_LT(grown_by(state), whole / 5);
    ASSERT_TRUE(store->put(group(1), state));
  });
  run_process(world, node, [&](Host& host) {
    EXPECT_EQ(HardStateStore::load(host.disk())->states, (HardStates{{group(0), state}, {group(1), state}}));
  });
}

TEST(HardStateStore, ManyGroupsShareFewSyncs) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    ASSERT_TRUE(store->put(group(0), state_of_term(0)));
    auto begun = host.clock().now();
    ASSERT_TRUE(store->put(group(0), state_of_term(1)));
    auto one = host.clock().now() - begun;
    begun = host.clock().now();
    FiberGroup voting;
    for (int i = 0; i < 1000; ++i)
      voting.spawn("vote", [&, i] { EXPECT_TRUE(store->put(group(i), state_of_term(i))); });
    voting.join();
    EXPECT_LT(host.clock().now() - begun, 20 * one) << "an election of a thousand groups";
  });
}

// Whenever the power fails, each group has the last state that was stored, or a later one.
TEST(HardStateStore, NothingToldIsForgotten) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    std::map<GroupId, Epoch> told;
    for (int life = 0; life < 3; ++life) {
      node.start(1, [&](Host& host) {
        auto stored = HardStateStore::load(host.disk()).value();
        auto begun = HardStateStore::begin(host, stored.next_life, stored.states);
        if (!begun || !HardStateStore::remove_files(host.disk(), stored.files)) return 1;
        FiberGroup fibers;
        for (int g = 0; g < 5; ++g)
          fibers.spawn("group", [&, g] {
            for (Epoch term = told.contains(group(g)) ? told[group(g)] + 1 : 0;; ++term) {
              if (!(*begun)->put(group(g), state_of_term(term))) return;
              told[group(g)] = term;
            }
          });
        fibers.join();
        return 0;
      });
      world.run_for(microseconds(world.random().split(static_cast<std::uint64_t>(life)).between(100, 200'000)));
      seed % 3 == 0 ? node.kill() : node.power_loss();
      run_process(world, node, [&](Host& host) {
        auto stored = HardStateStore::load(host.disk()).value();
        EXPECT_TRUE(stored.damage.empty()) << "seed " << seed << ": a torn write is no damage";
        for (const auto& [id, term] : told) {
          ASSERT_TRUE(stored.states.contains(id)) << "seed " << seed;
          ASSERT_GE(stored.states[id].term, term) << "seed " << seed;
          EXPECT_EQ(stored.states[id], state_of_term(stored.states[id].term));
        }
      });
    }
  }
}

// Wherever synced records are damaged, it is noticed, and the records after the damage are still found.
TEST(HardStateStore, DamageIsNoTornTail) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->put(group(i), state_of_term(i)));
    ASSERT_TRUE(store->put(group(0), state_of_term(100)));
  });
  const std::string name = "raft-state-1-0";
  auto whole = std::string(node.disk().image().file(name, false)->current());
  constexpr std::size_t mark_bytes = 37;
  for (std::size_t at = 0; at < whole.size(); at += 61) {
    SCOPED_TRACE("damage at " + std::to_string(at) + " of " + std::to_string(whole.size()));
    auto bytes = whole;
    for (auto n = at; n < std::min(at + 40, whole.size()); ++n) bytes[n] = static_cast<char>(~bytes[n]);
    auto stored = HardStateStore::decode({{name, Bytes::copy_of(bytes)}});
    // Not if the last mark is damaged: then nothing says that the records before it were synced.
    bool synced = at + 40 + mark_bytes <= whole.size();
    EXPECT_EQ(stored.damage, synced ? std::vector{name} : std::vector<std::string>());
    // The file's attribute is not damaged with them.
    if (at + mark_bytes < whole.size()) {
      EXPECT_EQ(HardStateStore::decode({{name, Bytes::copy_of(bytes)}}, {{name, whole.size() - mark_bytes}}).damage,
                std::vector{name});
    }
    // Written as a change of the first record, which is at the beginning.
    bool last_is_whole = at > 1000 && at + 600 < whole.size();
    if (last_is_whole) {
      EXPECT_EQ(stored.states.at(group(0)).term, 100);
    }
  }
  // A torn write: no message depended on it.
  for (auto end = whole.size() - mark_bytes; end < whole.size(); ++end)
    EXPECT_TRUE(HardStateStore::decode({{name, Bytes::copy_of(whole.substr(0, end))}}).damage.empty()) << end;
}

// A file that lost its synced end lacks the marks that would tell: then its attribute does.
TEST(HardStateStore, ALostEndIsDamage) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    auto store = HardStateStore::begin(host, 1, {}).value();
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->put(group(i), state_of_term(i)));
    auto stored = HardStateStore::load(host.disk()).value();
    EXPECT_TRUE(stored.damage.empty());
    EXPECT_EQ(stored.states.size(), 40u);
  });
  const std::string name = "raft-state-1-0";
  auto size = node.disk().image().file(name, false)->current().size();
  for (auto end = size - 38; end > 40; end -= 41) {  // without its last mark: everything before it is there
    node.disk().lose_tail(name, end);
    run_process(world, node, [&](Host& host) {
      EXPECT_EQ(HardStateStore::load(host.disk())->damage, std::vector{name}) << end << " of " << size;
    });
  }
}

// Each shard has a file before there is any partition, and before the last life's files are removed.
TEST(HardStateStore, AFileThatIsGoneIsMissed) {
  for (unsigned shards : {1u, 3u})
    for (unsigned gone = 0; gone < shards; ++gone) {
      World world(1, LogLevel::error);
      auto& node = world.add_node("broker");
      auto run = [&](std::function<int(Host&)> body) {
        node.start(shards, std::move(body));
        world.run_until([&] { return !node.running(); }, world.now() + seconds(100));
        EXPECT_EQ(node.exit_code(), 0);
      };
      for (std::uint64_t life : {1, 2})
        run([&](Host& host) {
          auto stored = HardStateStore::load(host.disk()).value();
          EXPECT_TRUE(stored.damage.empty());
          EXPECT_EQ(stored.next_life, life);
          for (unsigned n = 0; n < shards; ++n)
            host.on_shard(n, [&](Host& there) {
              auto store = HardStateStore::begin(there, life, {}).value();
              if (life == 1) store->put(group(static_cast<int>(n)), state_of_term(5)).value();
            });
          if (life == 2) return 0;  // dies before the earlier files are removed
          EXPECT_TRUE(host.disk().create_directory("t-0"));
          EXPECT_TRUE(host.disk().sync_directory(""));
          return 0;
        });
      auto lose = [&](int life) {
        node.disk().lose("raft-state-" + std::to_string(life) + "-" + std::to_string(gone));
      };
      auto damage = [&] {
        std::size_t found = 0;
        run([&](Host& host) {
          found = HardStateStore::load(host.disk())->damage.size();
          return 0;
        });
        return found;
      };
      lose(2);
      EXPECT_EQ(damage(), 0u) << "it had promised nothing yet";
      lose(1);
      EXPECT_EQ(damage(), 1u) << gone << " of " << shards;
    }
}

// Damage destroyed the states of groups, and the life that noticed it ended before it knew which.
TEST(HardStateStore, LaterLivesKnowThatGroupsAreMissingUntilTheyAreKnown) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  auto live = [&](std::uint64_t life, bool is_incomplete, bool becomes_complete) {
    run_process(world, node, [&](Host& host) {
      auto stored = HardStateStore::load(host.disk()).value();
      EXPECT_EQ(stored.incomplete, is_incomplete) << life;
      EXPECT_EQ(stored.damage.size(), life == 2 ? 1u : 0u) << life;
      auto store = HardStateStore::begin(host, life, stored.states, stored.incomplete).value();
      ASSERT_TRUE(HardStateStore::remove_files(host.disk(), stored.files));
      if (becomes_complete) store->is_complete();
      ASSERT_TRUE(store->put(group(static_cast<int>(life)), state_of_term(1)));
      EXPECT_EQ(store->incomplete(), is_incomplete && !becomes_complete);
    });
  };
  live(1, false, false);
  node.disk().damage("raft-state-1-0", 100);
  live(2, true, false);
  live(3, true, false);
  live(4, true, true);
  live(5, false, false);
}

TEST(HardStateStore, OfLostPromisesNothingIsLeftThatCouldBeActedOn) {
  HardStates states{{group(1), state_of_term(7)}, {group(2), state_of_term(8)}};
  std::uint64_t number = 4;
  HardStateStore::lose_promises(states, [&] { return number += 4; });
  for (const auto& [id, state] : states) {
    EXPECT_TRUE(promises_are_lost(state.damage));
    EXPECT_TRUE(state.configuration.configuration.empty());
  }
  EXPECT_NE(states.at(group(1)).damage, states.at(group(2)).damage);
  EXPECT_EQ(states.at(group(1)).term, 7);
}

// A record as written by earlier releases: with the configurations and their offsets, the first `common` as in the
// group's record before; with a log term, or without.
std::string record_of_earlier(const GroupId& id, const HardState& state, std::optional<std::int32_t> common,
                              const std::vector<std::pair<Epoch, Offset>>& places, bool log_term = false) {
  Writer out;
  out.uuid(id.topic);
  out.int32(id.partition);
  out.int8(log_term ? (common ? 8 : 7) : (common ? 3 : 1));
  out.int32(state.term);
  out.int8(1);
  out.int32(state.vote->broker);
  out.uuid(state.vote->directory);
  if (log_term) out.int32(state.log_term);
  out.int8(0);
  out.int64(static_cast<std::int64_t>(state.damage));
  if (common) out.int32(*common);
  out.int32(static_cast<std::int32_t>(places.size()));
  for (auto [epoch, offset] : places) {
    out.int64(offset);
    out.int32(epoch);
    const auto& configuration = state.configuration.configuration;
    for (const auto* ids : {&configuration.voters, &configuration.next_voters, &configuration.learners}) {
      out.int32(static_cast<std::int32_t>(ids->size()));
      for (const auto& replica : *ids) {
        out.int32(replica.broker);
        out.uuid(replica.directory);
      }
    }
  }
  auto payload = std::move(out).finish().flatten();
  Writer head;
  head.int32(static_cast<std::int32_t>(payload.size()));
  head.int32(static_cast<std::int32_t>(crc32c(payload.view())));
  return std::string(std::move(head).finish().flatten().view()) + std::string(payload.view());
}

TEST(HardStateStore, StatesOfTheReleaseBeforeAreToldApartAndConvertedForGood) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  auto state = state_of_term(4);
  state.configuration.mark = version_of_offset(2, 17);
  run_process(world, node, [&](Host& host) {
    auto file = host.disk().open("raft-state-7-0", OpenMode::create).value();
    auto bytes = record_of_earlier(group(1), state, {}, {{-1, -1}, {2, 17}}) +
                 record_of_earlier(group(2), state, {}, {{-1, -1}, {3, 40}}) +
                 record_of_earlier(group(2), state, 1, {{2, 17}});
    ASSERT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(bytes))));
    ASSERT_TRUE(file->sync());
    auto stored = HardStateStore::load(host.disk()).value();
    EXPECT_EQ(stored.damage, std::vector<std::string>());
    EXPECT_EQ(stored.earlier, (std::set<GroupId>{group(1), group(2)}));
    EXPECT_EQ(stored.states.at(group(1)).log_term, -1);
    EXPECT_EQ(upgrade_states(host).value(), 2u);
  });
  run_process(world, node, [&](Host& host) {
    auto stored = HardStateStore::load(host.disk()).value();
    EXPECT_EQ(stored.earlier, std::set<GroupId>());
    state.log_term = log_term_of_last_batch;
    EXPECT_EQ(stored.states, (HardStates{{group(1), state}, {group(2), state}}));
    EXPECT_EQ(stored.files, std::vector<std::string>{"raft-state-8-0"});
    EXPECT_EQ(upgrade_states(host).value(), 0u);
  });
}

TEST(HardStateStore, StatesWithPlacesAndLogTermsAreReadAsTheyAre) {
  auto state = state_of_term(4);
  state.configuration.mark = version_of_offset(2, 17);
  auto bytes = record_of_earlier(group(1), state, {}, {{-1, -1}, {2, 17}}, true) +
               record_of_earlier(group(2), state, {}, {{-1, -1}, {3, 40}}, true) +
               record_of_earlier(group(2), state, 1, {{2, 17}}, true);
  HardStates states;
  EXPECT_EQ(HardStateStore::apply(Bytes::copy_of(bytes), states), bytes.size());
  EXPECT_EQ(states, (HardStates{{group(1), state}, {group(2), state}}));
}

}  // namespace
}  // namespace fulmar
