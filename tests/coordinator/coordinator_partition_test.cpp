#include "broker/coordinator/coordinator_partition.h"

#include <gtest/gtest.h>

#include <set>

#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "tests/replication/group_world.h"

namespace fulmar {
namespace {

// Stores words: a word is stored, and acknowledged, once its record is committed.
class WordsCore final : public CoordinatorCore {
 public:
  using Told = std::function<void(ErrorCode)>;

  Result<void> replay(const ReadRecord& record) override {
    auto word = std::string(record.key->view());
    if (word.starts_with("unreadable")) return fail(Errc::corrupt, word);
    words.insert(word);
    return {};
  }
  bool finish_loading(CoordinatorTime) override { return ++slices == 3; }
  void tick(CoordinatorTime now) override {
    EXPECT_GE(now.instant, deadline);
    deadline = Instant::max();
    ++ticks;
  }
  Instant next_deadline() const override { return deadline; }
  void committed(AppendId through, CoordinatorTime) override {
    EXPECT_FALSE(pending.empty());
    while (!pending.empty() && pending.begin()->first <= through) {
      auto first = pending.extract(pending.begin());
      words.insert(first.mapped().first);
      first.mapped().second(ErrorCode::none);
    }
  }
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime) override {
    auto failed = pending.extract(id);
    failed.mapped().second(why);
  }
  void resign() override {
    for (auto& [id, waiting] : pending) waiting.second(ErrorCode::not_coordinator);
    pending.clear();
  }
  std::vector<Append> take_appends() override { return std::exchange(appends, {}); }

  void keep(const std::string& word, Told told) {
    pending.emplace(++last, std::pair(word, std::move(told)));
    appends.push_back({last, {{word, "kept", World::epoch_ms, {}}}, {}});
  }

  std::set<std::string> words;
  std::map<AppendId, std::pair<std::string, Told>> pending;
  std::vector<Append> appends;
  AppendId last = 0;
  Instant deadline = Instant::max();
  int slices = 0;
  int ticks = 0;
};

// The state of the coordinators on all machines, compared with each other.
struct Words {
  // A coordinator must have every word that was acknowledged before.
  void check(const WordsCore& core, int group) {
    ++asked;
    for (const auto& word : kept[group])
      if (!core.words.contains(word) && violation.empty()) violation = "forgotten: " + word;
    for (const auto& word : refused[group])
      if (core.words.contains(word) && violation.empty())
        violation = "kept, and its keeper told that it is not: " + word;
  }

  std::map<int, std::set<std::string>> kept;     // acknowledged
  std::map<int, std::set<std::string>> refused;  // not in the log
  int asked = 0, resigned = 0, numbers = 0;
  std::string violation;
};

GroupWorld::Work coordinate(Words& words) {
  return [&words](Host& host, int machine, int group, const std::shared_ptr<Replica>& replica) {
    CoordinatorPartition partition(host, "words-" + std::to_string(group), replica,
                                   [] { return std::make_unique<WordsCore>(); });
    partition.start();
    auto random = host.entropy().stream();
    for (;;) {
      host.clock().sleep_for(milliseconds(random.between(1, 40)));
      auto core = partition.core();
      if (!core) continue;
      auto& there = static_cast<WordsCore&>(**core);
      words.check(there, group);
      auto word = std::to_string(++words.numbers) + " of machine " + std::to_string(machine);
      there.keep(word, [&words, group, word](ErrorCode error) {
        if (error == ErrorCode::none) words.kept[group].insert(word);
        if (error == ErrorCode::not_coordinator) ++words.resigned;
        if (error != ErrorCode::none && error != ErrorCode::not_coordinator) words.refused[group].insert(word);
      });
      partition.carry_out();
    }
  };
}

std::size_t count(const std::map<int, std::set<std::string>>& words) {
  std::size_t all = 0;
  for (const auto& [group, some] : words) all += some.size();
  return all;
}

TEST(CoordinatorPartition, WhatWasAcknowledgedIsKnownToEveryLaterCoordinator) {
  int resigned = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    GroupWorld groups(seed, 3, 2, 2);
    Words words;
    groups.work = coordinate(words);
    auto random = groups.world.random().split("storm");
    for (int step = 0; step < 25; ++step) {
      groups.world.run_for(milliseconds(random.between(10, 1200)));
      groups.disturb(random);
    }
    groups.heal();
    auto before = count(words.kept);
    groups.world.run_for(seconds(10));
    EXPECT_GT(count(words.kept), before + 100) << "seed " << seed;  // works again once all machines are up
    EXPECT_EQ(words.violation, "") << "seed " << seed;
    EXPECT_GT(words.asked, 200) << "seed " << seed;
    resigned += words.resigned;
    EXPECT_TRUE(groups.stop()) << "seed " << seed;
  }
  EXPECT_GT(resigned, 0);
}

// One machine, with a coordinator that the test drives.
void alone(std::uint64_t seed, const std::function<void(Host&, CoordinatorPartition&, Replica&)>& body) {
  GroupWorld groups(seed, 1, 1, 1);
  bool done = false;
  groups.work = [&](Host& host, int, int, const std::shared_ptr<Replica>& replica) {
    CoordinatorPartition partition(host, "words-0", replica, [] { return std::make_unique<WordsCore>(); });
    partition.start();
    body(host, partition, *replica);
    partition.stop();
    done = true;
    Event never;
    never.wait();
  };
  EXPECT_TRUE(groups.world.run_until([&] { return done; }, groups.world.now() + seconds(60)));
  EXPECT_TRUE(groups.stop());
}

WordsCore& core_of(Host& host, CoordinatorPartition& partition) {
  while (!partition.core()) host.clock().sleep_for(milliseconds(1));
  return static_cast<WordsCore&>(**partition.core());
}

TEST(CoordinatorPartition, AsksToComeBackWhileItLoads) {
  alone(1, [](Host& host, CoordinatorPartition& partition, Replica& replica) {
    EXPECT_FALSE(partition.core());
    auto& core = core_of(host, partition);
    EXPECT_EQ(core.slices, 3);
    EXPECT_TRUE(replica.leads());
  });
}

TEST(CoordinatorPartition, TicksWhenItIsTime) {
  alone(2, [](Host& host, CoordinatorPartition& partition, Replica&) {
    auto& core = core_of(host, partition);
    core.deadline = host.clock().now() + milliseconds(30);
    partition.carry_out();
    host.clock().sleep_for(milliseconds(29));
    EXPECT_EQ(core.ticks, 0);
    host.clock().sleep_for(milliseconds(2));
    EXPECT_EQ(core.ticks, 1);
  });
}

// A record too large for any batch is refused, and later ones are not delayed.
TEST(CoordinatorPartition, AnAppendThatFailsIsTakenBackAndTheNextGoesOn) {
  alone(3, [](Host& host, CoordinatorPartition& partition, Replica&) {
    auto& core = core_of(host, partition);
    std::vector<ErrorCode> told;
    core.keep(std::string(3 << 20, 'x'), [&](ErrorCode error) { told.push_back(error); });
    core.keep("small", [&](ErrorCode error) { told.push_back(error); });
    partition.carry_out();
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(told, (std::vector{ErrorCode::record_list_too_large, ErrorCode::none}));
    EXPECT_EQ(core.words, std::set<std::string>{"small"});
  });
}

TEST(CoordinatorPartition, ARecordThatCanNotBeReadIsPassedOver) {
  alone(4, [](Host& host, CoordinatorPartition& partition, Replica& replica) {
    auto& core = core_of(host, partition);
    for (const auto* word : {"one", "unreadable", "two"}) core.keep(word, [](ErrorCode) {});
    partition.carry_out();
    host.clock().sleep_for(seconds(1));
    GTEST_ASSERT_TRUE(replica.leads());
    partition.stop();
    auto shared = std::shared_ptr<Replica>(&replica, [](Replica*) {});
    CoordinatorPartition again(host, "words-0", shared, [] { return std::make_unique<WordsCore>(); });
    again.start();
    EXPECT_EQ(core_of(host, again).words, (std::set<std::string>{"one", "two"}));
    again.stop();
  });
}

}  // namespace
}  // namespace fulmar
