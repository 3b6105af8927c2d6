// Properties of the assignors for random groups, and their results in simple cases.
#include "broker/groups/assignor.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "runtime/base/random.h"

namespace fulmar {
namespace {

Uuid topic(std::uint64_t number) {
  return {1, number};
}

// A group, its topics, and the previous assignments of its members.
struct World {
  AssignorInput input;
  Assignments before;

  void remember(Assignments assigned) {
    before = std::move(assigned);
    for (auto& [id, member] : input.members) {
      auto found = before.find(id);
      member.current = found == before.end() ? nullptr : &found->second;
    }
  }
};

World random_world(std::uint64_t seed, bool same_subscriptions) {
  Random random(seed);
  World world;
  auto topics = random.between(1, 8);
  for (int t = 0; t < topics; ++t) {
    AssignorTopic made;
    made.partitions = static_cast<std::int32_t>(random.between(1, 20));
    if (random.chance(1, 2))
      for (int p = 0; p < made.partitions; ++p)
        made.racks.push_back({"r" + std::to_string(random.below(3)), "r" + std::to_string(random.below(3))});
    world.input.topics[topic(static_cast<std::uint64_t>(t))] = made;
  }
  auto members = random.between(1, 12);
  for (int m = 0; m < members; ++m) {
    AssignorMember made;
    if (random.chance(1, 3)) made.instance_id = "i" + std::to_string(m);
    if (random.chance(1, 2)) made.rack = "r" + std::to_string(random.below(3));
    // Including a topic that does not exist.
    for (int t = 0; t <= topics; ++t)
      if (same_subscriptions || random.chance(1, 2)) made.topics.insert(topic(static_cast<std::uint64_t>(t)));
    world.input.members["m" + std::to_string(m)] = made;
  }
  return world;
}

// A member joins or leaves, or a topic gets more partitions or is deleted.
void change(World& world, std::uint64_t seed, bool same_subscriptions) {
  Random random(seed);
  auto& members = world.input.members;
  switch (random.below(4)) {
    case 0:
      if (members.size() > 1) members.erase(members.begin());
      break;
    case 1: {
      AssignorMember made;
      if (same_subscriptions && !members.empty()) made.topics = members.begin()->second.topics;
      for (const auto& [id, there] : world.input.topics)
        if (!same_subscriptions && random.chance(1, 2)) made.topics.insert(id);
      members["n"] = made;
      break;
    }
    case 2: world.input.topics.begin()->second.partitions += 3; break;
    default:
      if (world.input.topics.size() > 1) world.input.topics.erase(world.input.topics.begin());
      break;
  }
}

std::size_t load(const PartitionSets& owned) {
  std::size_t sum = 0;
  for (const auto& [id, partitions] : owned) sum += partitions.size();
  return sum;
}

// Each partition of a topic with subscribers has one owner, which is subscribed to the topic; no other partition has an
// owner.
void expect_complete_and_disjoint(const AssignorInput& input, const Assignments& assigned) {
  ASSERT_EQ(assigned.size(), input.members.size());
  std::map<Uuid, std::set<std::int32_t>> owned;
  for (const auto& [id, sets] : assigned)
    for (const auto& [of, partitions] : sets) {
      EXPECT_TRUE(input.members.at(id).topics.contains(of));
      EXPECT_FALSE(partitions.empty());
      for (auto partition : partitions) EXPECT_TRUE(owned[of].insert(partition).second) << "two owners";
    }
  for (const auto& [of, there] : input.topics) {
    bool wanted = std::ranges::any_of(input.members, [&](const auto& m) { return m.second.topics.contains(of); });
    auto count = wanted ? static_cast<std::size_t>(there.partitions) : 0;
    EXPECT_EQ(owned[of].size(), count);
    if (count > 0) {
      EXPECT_EQ(*owned[of].begin(), 0);
      EXPECT_EQ(*owned[of].rbegin(), there.partitions - 1);
    }
    owned.erase(of);
  }
  EXPECT_TRUE(owned.empty()) << "a topic that is not there";
}

void expect_no_move_helps(const AssignorInput& input, const Assignments& assigned) {
  for (const auto& [from, sets] : assigned)
    for (const auto& [of, partitions] : sets)
      for (const auto& [to, member] : input.members)
        if (member.topics.contains(of)) {
          EXPECT_LE(load(sets), load(assigned.at(to)) + 1) << from << " to " << to;
        }
}

RC_GTEST_PROP(Uniform, IsCompleteDisjointAndBalanced, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (bool same : {true, false}) {
    auto world = random_world(seed, same);
    for (std::uint64_t n = 0; n < 4; ++n) {
      auto assigned = assign_uniform(world.input);
      expect_complete_and_disjoint(world.input, assigned);
      expect_no_move_helps(world.input, assigned);
      world.remember(std::move(assigned));
      change(world, seed + n, same);
    }
  }
}

RC_GTEST_PROP(Uniform, MovesNothingWhereNothingChanged, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (bool same : {true, false}) {
    auto world = random_world(seed, same);
    auto assigned = assign_uniform(world.input);
    world.remember(assigned);
    EXPECT_EQ(assign_uniform(world.input), assigned);
  }
}

// If all members have the same subscriptions, a member gives up only partitions beyond its even share, and those of
// deleted topics.
RC_GTEST_PROP(Uniform, MovesNoMoreThanBalanceTakes, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  auto world = random_world(seed, true);
  world.remember(assign_uniform(world.input));
  change(world, seed, true);
  auto assigned = assign_uniform(world.input);
  std::size_t partitions = 0;
  for (const auto& [id, there] : world.input.topics) partitions += static_cast<std::size_t>(there.partitions);
  std::size_t even = partitions / world.input.members.size();
  std::size_t given_up = 0, with_one_more = 0, beyond_even = 0, full = partitions % world.input.members.size();
  for (const auto& [id, member] : world.input.members) {
    if (!member.current) continue;
    std::size_t had = 0, kept = 0;
    for (const auto& [of, sets] : *member.current) {
      auto there = world.input.topics.find(of);
      if (there == world.input.topics.end()) continue;
      had += sets.size();
      auto now = assigned.at(id).find(of);
      for (auto partition : sets) kept += now != assigned.at(id).end() && now->second.contains(partition) ? 1 : 0;
    }
    given_up += had - kept;
    if (had > even) {
      ++with_one_more;
      beyond_even += had - even;
    }
  }
  // If the partitions can't be divided evenly, some members keep one more than the even share.
  EXPECT_EQ(given_up, beyond_even - std::min(with_one_more, full));
}

RC_GTEST_PROP(Range, IsCompleteDisjointAndBalancedInEachTopic, ()) {
  auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (bool same : {true, false}) {
    auto world = random_world(seed, same);
    auto assigned = assign_range(world.input);
    expect_complete_and_disjoint(world.input, assigned);
    for (const auto& [of, there] : world.input.topics) {
      std::set<std::size_t> sizes;
      for (const auto& [id, member] : world.input.members)
        if (member.topics.contains(of)) {
          auto share = assigned.at(id).find(of);
          sizes.insert(share == assigned.at(id).end() ? 0 : share->second.size());
          if (share == assigned.at(id).end()) continue;
          EXPECT_EQ(*share->second.rbegin() - *share->second.begin() + 1, static_cast<int>(share->second.size()));
        }
      if (!sizes.empty()) {
        EXPECT_LE(*sizes.rbegin(), *sizes.begin() + 1);
      }
    }
  }
}

TEST(Range, TopicsOfTheSameSizeAndSubscribersAreAssignedAlike) {
  AssignorInput input;
  input.topics = {{topic(1), {5, {}}}, {topic(2), {5, {}}}};
  for (const char* id : {"a", "b", "c"}) input.members[id].topics = {topic(1), topic(2)};
  auto assigned = assign_range(input);
  for (const auto& [id, sets] : assigned) EXPECT_EQ(sets.at(topic(1)), sets.at(topic(2)));
  EXPECT_EQ(assigned.at("a").at(topic(1)), (std::set<std::int32_t>{0, 1}));
}

TEST(Range, AStaticMembersNewProcessHasTheSameRange) {
  AssignorInput input;
  input.topics = {{topic(1), {4, {}}}};
  for (const char* id : {"a", "b"}) input.members[id].topics = {topic(1)};
  input.members["a"].instance_id = "first";
  input.members["b"].instance_id = "second";
  auto before = assign_range(input).at("a");
  auto node = input.members.extract("a");
  node.key() = "z";
  input.members.insert(std::move(node));
  EXPECT_EQ(assign_range(input).at("z"), before);
}

TEST(Uniform, BalancesOverAllTopicsTogether) {
  AssignorInput input;
  for (std::uint64_t n = 0; n < 6; ++n) input.topics[topic(n)] = {1, {}};
  for (const char* id : {"a", "b", "c"})
    for (std::uint64_t n = 0; n < 6; ++n) input.members[id].topics.insert(topic(n));
  for (const auto& [id, sets] : assign_uniform(input)) EXPECT_EQ(load(sets), 2U) << id;
  EXPECT_EQ(load(assign_range(input).at("a")), 6U);
}

TEST(Uniform, GivesPartitionsToMembersOfTheirRackWhereThatIsEven) {
  AssignorInput input;
  input.topics[topic(1)] = {6, {{"x"}, {"x"}, {"x"}, {"y"}, {"y"}, {"y"}}};
  input.members["a"].topics = input.members["b"].topics = {topic(1)};
  input.members["a"].rack = "y";
  input.members["b"].rack = "x";
  auto assigned = assign_uniform(input);
  EXPECT_EQ(assigned.at("a").at(topic(1)), (std::set<std::int32_t>{3, 4, 5}));
  EXPECT_EQ(assigned.at("b").at(topic(1)), (std::set<std::int32_t>{0, 1, 2}));
}

TEST(Assignors, AreFoundByKafkasNames) {
  EXPECT_EQ(find_assignor("uniform"), assign_uniform);
  EXPECT_EQ(find_assignor("range"), assign_range);
  EXPECT_EQ(find_assignor("sticky"), nullptr);
}

}  // namespace
}  // namespace fulmar
