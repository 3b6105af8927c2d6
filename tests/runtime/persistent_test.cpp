// PersistentMap and PersistentVector against std::map and std::vector: random changes to random versions.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <string>
#include <vector>

#include "runtime/base/persistent_map.h"
#include "runtime/base/persistent_vector.h"

namespace fulmar {
namespace {

using Map = PersistentMap<std::string, int>;
using Model = std::map<std::string, int>;
using Vector = PersistentVector<int>;

Model model_of(const Map& map) {
  Model model;
  for (const auto& [key, value] : map) model.emplace_hint(model.end(), key, value);
  return model;
}

std::string key(int number) {
  return "key" + std::to_string(number);
}

// Each version is made by a change of any earlier one.
RC_GTEST_PROP(PersistentMap, EachVersionStaysWhatItWas, ()) {
  std::vector<Map> maps(1);
  std::vector<Model> models(1);
  const auto steps = *rc::gen::inRange(0, 200);
  const auto keys = *rc::gen::inRange(1, 100);
  for (int step = 0; step < steps; ++step) {
    auto from = *rc::gen::inRange<std::size_t>(0, maps.size());
    auto map = maps[from];
    auto model = models[from];
    auto at = key(*rc::gen::inRange(0, keys));
    if (*rc::gen::inRange(0, 3) > 0) {
      map.insert_or_assign(at, step);
      model.insert_or_assign(at, step);
    } else {
      RC_ASSERT(map.erase(at) == (model.erase(at) > 0));
    }
    maps.push_back(std::move(map));
    models.push_back(std::move(model));
  }
  for (std::size_t n = 0; n < maps.size(); ++n) {
    RC_ASSERT(model_of(maps[n]) == models[n]);
    RC_ASSERT(maps[n].size() == models[n].size());
    RC_ASSERT(maps[n].is_same_version(Map(maps[n])));
    for (int number = 0; number < keys; ++number) {
      const auto* found = maps[n].find(key(number));
      auto expected = models[n].find(key(number));
      RC_ASSERT((found != nullptr) == (expected != models[n].end()));
      if (found) RC_ASSERT(*found == expected->second);
      auto from = models[n].lower_bound(key(number));
      RC_ASSERT(std::ranges::equal(std::ranges::subrange(maps[n].lower_bound(key(number)), maps[n].end()),
                                   std::ranges::subrange(from, models[n].end())));
      const auto* before = maps[n].last_before(key(number));
      RC_ASSERT((before == nullptr) == (from == models[n].begin()));
      if (before) RC_ASSERT(*before == *std::prev(from));
    }
  }
}

RC_GTEST_PROP(PersistentMap, ComparisonNamesWhatDiffersInOrder, (std::map<int, int> one, std::map<int, int> changes)) {
  PersistentMap<int, int> before;
  for (const auto& [at, value] : one) before.insert_or_assign(at, value);
  auto after = before;
  auto other = one;
  for (const auto& [at, value] : changes) {
    if (value % 3 == 0) {
      after.erase(at);
      other.erase(at);
    } else {
      after.insert_or_assign(at, value);
      other.insert_or_assign(at, value);
    }
  }
  std::vector<std::tuple<int, int, int>> expected;
  std::map<int, int> all = one;
  all.insert(other.begin(), other.end());
  auto value_in = [](const auto& model, int at) { return model.contains(at) ? model.at(at) : -1'000'000; };
  for (const auto& [at, value] : all)
    if (one.contains(at) != other.contains(at) || value_in(one, at) != value_in(other, at))
      expected.emplace_back(at, value_in(one, at), value_in(other, at));
  std::vector<std::tuple<int, int, int>> found;
  PersistentMap<int, int>::compare(before, after, [&](int at, const int* old_value, const int* new_value) {
    found.emplace_back(at, old_value ? *old_value : -1'000'000, new_value ? *new_value : -1'000'000);
  });
  RC_ASSERT(found == expected);
  RC_ASSERT((before == after) == expected.empty());
}

struct Counted {
  int value;
  static inline int comparisons = 0;
  bool operator==(const Counted& other) const {
    ++comparisons;
    return value == other.value;
  }
};

TEST(PersistentMap, ComparesOnlyWhatWasChanged) {
  PersistentMap<int, Counted> before;
  for (int at = 0; at < 10'000; ++at) before.insert_or_assign(at, {at});
  auto after = before;
  for (int at = 5'000; at < 5'010; ++at) after.insert_or_assign(at, {-1});
  after.erase(1);
  Counted::comparisons = 0;
  int changes = 0;
  PersistentMap<int, Counted>::compare(before, after, [&](int, const Counted*, const Counted*) { ++changes; });
  EXPECT_EQ(changes, 11);
  EXPECT_LE(Counted::comparisons, 11);
}

TEST(PersistentMap, FindsWithoutMakingAKey) {
  Map map;
  map.insert_or_assign("a", 1);
  EXPECT_EQ(*map.find(std::string_view("a")), 1);
  EXPECT_TRUE(map.contains(std::string_view("a")));
  EXPECT_FALSE(map.contains(std::string_view("b")));
}

RC_GTEST_PROP(PersistentVector, EachVersionStaysWhatItWas, ()) {
  std::vector<Vector> vectors(1);
  std::vector<std::vector<int>> models(1);
  const auto steps = *rc::gen::inRange(0, 60);
  for (int step = 0; step < steps; ++step) {
    auto from = *rc::gen::inRange<std::size_t>(0, vectors.size());
    auto vector = vectors[from];
    auto model = models[from];
    auto what = *rc::gen::inRange(0, 3);
    if (what == 0) {
      vector.push_back(step);
      model.push_back(step);
    } else if (what == 1) {
      std::vector<int> more(*rc::gen::inRange<std::size_t>(0, 700), step);
      vector.append(more);
      model.insert(model.end(), more.begin(), more.end());
    } else if (!model.empty()) {
      auto at = *rc::gen::inRange<std::size_t>(0, model.size());
      vector.set(at, -step);
      model[at] = -step;
    }
    vectors.push_back(std::move(vector));
    models.push_back(std::move(model));
  }
  for (std::size_t n = 0; n < vectors.size(); ++n) {
    RC_ASSERT(std::vector<int>(vectors[n].begin(), vectors[n].end()) == models[n]);
    RC_ASSERT(vectors[n].size() == models[n].size());
    RC_ASSERT(vectors[n] == Vector(models[n]));
    if (!models[n].empty()) RC_ASSERT(vectors[n].back() == models[n].back());
    std::vector<std::size_t> expected;
    for (std::size_t at = 0; at < std::max(models[n].size(), models[0].size()); ++at)
      if (at >= models[0].size() || models[n][at] != models[0][at]) expected.push_back(at);
    std::vector<std::size_t> found;
    Vector::compare(vectors[0], vectors[n], [&](std::size_t at) { found.push_back(at); });
    RC_ASSERT(found == expected);
  }
}

TEST(PersistentVector, ComparesOnlyTheNodesThatWereMadeAnew) {
  PersistentVector<Counted> before;
  for (int at = 0; at < 40'000; ++at) before.push_back({at});
  auto after = before;
  after.set(33'000, {-1});
  after.push_back({40'000});
  Counted::comparisons = 0;
  std::vector<std::size_t> found;
  PersistentVector<Counted>::compare(before, after, [&](std::size_t at) { found.push_back(at); });
  EXPECT_EQ(found, (std::vector<std::size_t>{33'000, 40'000}));
  EXPECT_LE(Counted::comparisons, 64);
  EXPECT_EQ(before[33'000].value, 33'000);
  EXPECT_EQ(after[33'000].value, -1);
}

}  // namespace
}  // namespace fulmar
