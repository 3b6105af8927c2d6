// Properties of random schedules: whatever messages are delivered, lost, repeated and reordered, and whichever replicas
// crash at any point, the model's safety properties hold, and afterwards the group makes progress.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/raft/model.h"

namespace fulmar {
namespace {

struct Weather {
  int replicas;
  std::uint64_t lost_permille, repeated_permille, crash_permille, dies_permille, damage_permille;
  bool reorders, reconfigures, truncates, solo, calm, other_groups, compacts;
};

Weather weather_of(Random& random) {
  Weather weather{};
  weather.replicas = random.chance(1, 3) ? 5 : 3;
  weather.lost_permille = random.chance(1, 2) ? random.below(300) : 0;
  weather.repeated_permille = random.chance(1, 2) ? random.below(200) : 0;
  weather.crash_permille = random.chance(2, 3) ? random.below(30) : 0;
  weather.dies_permille = random.chance(1, 2) ? random.below(20) : 0;
  weather.reorders = random.chance(1, 2);
  weather.reconfigures = random.chance(1, 3);
  weather.truncates = random.chance(1, 3);
  weather.solo = random.chance(1, 8);
  weather.calm = random.chance(1, 3);  // few records, so that groups are quiesced, and woken in all ways
  weather.other_groups = random.chance(1, 16);
  weather.compacts = random.chance(1, 3);
  // Not if the group may have a single replica.
  if (!weather.solo && !weather.reconfigures) weather.damage_permille = random.chance(1, 3) ? 300 : 0;
  return weather;
}

class Storm {
 public:
  explicit Storm(std::uint64_t seed)
      : random_(seed), weather_(weather_of(random_)), model_(random_.next(), settings()) {
    model_.lost = [this](const Message& message) {
      return random_.chance(weather_.lost_permille, 1000) ||
             (cut_ != 0 && (message.from.broker == cut_) != (message.to.broker == cut_));
    };
    model_.dies_here = [this] { return storming_ && random_.chance(weather_.dies_permille, 1000); };
    std::vector<int> voters;
    for (int broker = 1; broker <= (weather_.solo ? 1 : weather_.replicas); ++broker) voters.push_back(broker);
    storming_ = false;
    model_.other_groups = weather_.other_groups;
    model_.make_group(voters);
    if (weather_.reconfigures || weather_.solo)
      for (int broker = static_cast<int>(voters.size()) + 1; broker <= weather_.replicas + 2; ++broker)
        model_.add_newborn(broker);
    storming_ = true;
  }

  void step() {
    auto dice = random_.below(1000);
    int broker = static_cast<int>(random_.between(1, static_cast<std::int64_t>(model_.replicas().size())));
    auto& replica = model_.at(broker);
    if (!replica.raft) {
      if (dice < 200) {
        bool damaged = random_.chance(weather_.damage_permille, 1000) && !damaged_;
        if (!damaged) return model_.restart(broker);
        damaged_ = true;  // at most one in a life: a majority keeps what it acknowledged
        auto number = random_.next();
        if (random_.chance(1, 2)) return model_.restart_without_promises(broker, number);
        model_.damage_from(broker, random_.between(0, replica.log.end()));
        model_.restart(broker, lost_log(number));
      }
      return;
    }
    if (dice < weather_.crash_permille) return model_.crash(broker, random_.chance(2, 3));
    if (dice < 600 && !model_.parcels.empty()) {
      auto index = weather_.reorders ? random_.below(model_.parcels.size()) : 0;
      return model_.deliver_one(index, random_.chance(weather_.repeated_permille, 1000));
    }
    if (dice < 700) return model_.pass(milliseconds(random_.between(1, 60)));
    if (dice < 800) {
      if (weather_.calm && random_.chance(19, 20)) return model_.pass(milliseconds(random_.between(1, 60)));
      model_.propose(broker, next_value());
      return;
    }
    if (dice < 880) return model_.sync(broker);
    if (dice < 890) {
      replica.syncs = !replica.syncs;
      return;
    }
    if (dice < 893) {
      cut_ = random_.chance(1, 2) ? broker : 0;
      return;
    }
    if (dice < 897 && replica.raft->role() == Role::leader)
      return model_.transfer(broker, static_cast<int>(random_.between(1, weather_.replicas)));
    if (dice < 910 && weather_.truncates && replica.raft->role() == Role::leader)
      return model_.advance_log_start(broker, random_.between(replica.log.start(), replica.log.end()));
    if (dice >= 930 && dice < 960 && weather_.compacts)
      return model_.clean(broker, random_.between(replica.log.start(), replica.log.end()));
    if (dice < 930 && (weather_.reconfigures || weather_.solo) && replica.raft->role() == Role::leader) {
      std::vector<int> target, learners;
      for (const auto& [other, unused] : model_.replicas()) {
        auto part = random_.below(4);
        if (part < 2) target.push_back(other);
        if (part == 2 && random_.chance(1, 2)) learners.push_back(other);
      }
      if (!target.empty()) model_.set_target(broker, target, learners);
    }
  }

  // All replicas are up and the network is reliable: one more value is committed everywhere.
  void calm() {
    storming_ = false;
    weather_.lost_permille = 0;
    cut_ = 0;
    for (const auto& [broker, unused] : model_.replicas()) {
      auto& replica = model_.at(broker);
      if (!replica.raft) model_.restart(broker);
      replica.syncs = true;
      model_.sync(broker);
    }
    model_.run(seconds(10));
    int leader = model_.leader();
    ASSERT_NE(leader, -1) << model_.status();
    ASSERT_TRUE(model_.propose(leader, "last")) << model_.status();
    model_.run(seconds(5));
    ASSERT_TRUE(model_.raft(leader).quiesced()) << model_.status();
    for (const auto& member : model_.raft(leader).configuration().members()) {
      const auto& replica = model_.at(member.broker);
      ASSERT_EQ(replica.log.end(), model_.at(leader).log.end()) << model_.status();
      ASSERT_EQ(replica.raft->commit(), replica.log.end()) << model_.status();
      ASSERT_EQ(replica.raft->hard_state().damage, 0u) << model_.status();
      ASSERT_TRUE(replica.raft->quiesced()) << model_.status();
    }
    if (weather_.compacts) {
      for (const auto* marker : {"p0!", "p1!"}) ASSERT_TRUE(model_.propose(leader, marker)) << model_.status();
      model_.run(seconds(5));
      compact_all(leader);
    }
  }

  // Everybody is clean, so that all tombstones and markers may go.
  void compact_all(int leader) {
    const auto members = model_.raft(leader).configuration().members();
    for (const auto& member : members) model_.clean(member.broker, model_.at(member.broker).log.end());
    model_.run(seconds(3));
    for (const auto& member : members) {
      auto& replica = model_.at(member.broker);
      ASSERT_EQ(replica.raft->tombstones_removable(), replica.log.end()) << member.broker << "\n" << model_.status();
      ASSERT_TRUE(replica.raft->quiesced()) << model_.status();
      model_.clean(member.broker, replica.log.end());
      for (auto offset = replica.log.start(); offset < replica.log.end(); ++offset) {
        const auto& value = replica.log.at(offset).value;
        bool goes = value.ends_with('=') || value.ends_with('!');
        ASSERT_TRUE(replica.log.at(offset).gone || !goes) << model_.status();
      }
    }
  }

  Model& model() { return model_; }

 private:
  static RaftSettings settings() {
    RaftSettings settings;
    settings.appends_in_flight_max = 4;
    settings.catch_up_lag = 20;
    settings.caught_up_lag = 2;
    settings.idle_before_quiescing = milliseconds(100);
    return settings;
  }

  std::string next_value() {
    auto number = std::to_string(++values_);
    if (!weather_.compacts) return "v" + number;
    if (random_.chance(1, 3)) {
      auto producer = "p" + std::to_string(random_.below(2));
      return producer + (random_.chance(1, 2) ? "!" : "+" + number);
    }
    auto key = "k" + std::to_string(random_.below(4));
    return key + "=" + (random_.chance(1, 3) ? "" : number);
  }

  Random random_;
  Weather weather_;
  Model model_;
  bool storming_ = true;
  bool damaged_ = false;
  int cut_ = 0;
  int values_ = 0;
};

// FULMAR_RAFT_LIVES=A..B plays other seeds than the usual ones; FULMAR_RAFT_ALOUD prints every step.
TEST(RaftLaws, HoldInEveryStorm) {
  std::uint64_t first = 1, last = 400;
  if (const char* wanted = std::getenv("FULMAR_RAFT_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  bool aloud = std::getenv("FULMAR_RAFT_ALOUD") != nullptr;
  Offset committed = 0;
  std::uint64_t quiesced = 0;  // steps
  for (auto seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<std::string> story;
    try {
      Storm storm(seed);
      storm.model().story = [&](const std::string& line) {
        story.push_back(line);
        if (aloud) std::fprintf(stderr, "%s\n%s", line.c_str(), storm.model().status().c_str());
      };
      for (int step = 0; step < 3000; ++step) {
        storm.step();
        for (const auto& [broker, replica] : storm.model().replicas())
          quiesced += replica.raft && replica.raft->role() == Role::leader && replica.raft->quiesced();
      }
      storm.calm();
      committed += storm.model().committed_end();
    } catch (const std::exception& violation) {
      std::string tail;
      for (auto at = story.size() > 60 ? story.size() - 60 : 0; at < story.size(); ++at) tail += story[at] + "\n";
      FAIL() << violation.what() << "\n" << tail;
    }
    if (HasFatalFailure()) return;
  }
  RecordProperty("committed", std::to_string(committed));
  EXPECT_GT(committed, static_cast<Offset>(last - first) * 10);
  EXPECT_GT(quiesced, (last - first) * 10);
}

}  // namespace
}  // namespace fulmar
