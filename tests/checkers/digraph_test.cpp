#include "checkers/base/digraph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/base/random.h"

namespace fulmar {
namespace {

using Matrix = std::vector<std::vector<std::size_t>>;

constexpr std::size_t far = 1'000'000;

// The lengths of the shortest paths by Floyd and Warshall.
Matrix distances(const Digraph& graph) {
  auto n = graph.size();
  Matrix all(n, std::vector<std::size_t>(n, far));
  for (Vertex from = 0; from < n; ++from) {
    for (auto to : graph.next(from)) all[from][to] = 1;
    all[from][from] = 0;
  }
  for (Vertex by = 0; by < n; ++by)
    for (Vertex from = 0; from < n; ++from)
      for (Vertex to = 0; to < n; ++to) all[from][to] = std::min(all[from][to], all[from][by] + all[by][to]);
  return all;
}

Digraph random_graph(Random& random) {
  auto vertices = 1 + random.below(12);
  Digraph graph(vertices);
  for (auto edges = random.below(3 * vertices); edges > 0; --edges) {
    auto from = random.below(vertices);
    graph.add(from, random.below(vertices));
  }
  return graph;
}

TEST(Digraph, ComponentsAreWhatIsMutuallyReachable) {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    auto graph = random_graph(random);
    auto components = strong_components(graph);
    auto far_apart = distances(graph);
    for (Vertex a = 0; a < graph.size(); ++a)
      for (Vertex b = 0; b < graph.size(); ++b)
        ASSERT_EQ(components[a] == components[b], far_apart[a][b] < far && far_apart[b][a] < far)
            << "round " << round << ": " << a << " and " << b;
  }
}

TEST(Digraph, PathsWithinAComponentAreShortest) {
  Random random(2);
  for (int round = 0; round < 2000; ++round) {
    auto graph = random_graph(random);
    auto components = strong_components(graph);
    auto far_apart = distances(graph);
    for (Vertex a = 0; a < graph.size(); ++a)
      for (Vertex b = 0; b < graph.size(); ++b) {
        auto path = shortest_path(graph, components, a, b);
        ASSERT_EQ(path.empty(), components[a] != components[b]);
        if (path.empty()) continue;
        ASSERT_EQ(path.size(), far_apart[a][b] + 1);
        ASSERT_EQ(path.front(), a);
        ASSERT_EQ(path.back(), b);
        for (std::size_t n = 0; n + 1 < path.size(); ++n)
          ASSERT_NE(std::ranges::find(graph.next(path[n]), path[n + 1]), graph.next(path[n]).end());
      }
  }
}

TEST(Digraph, ALongPathNeedsNoStack) {
  constexpr std::size_t length = 1'000'000;
  Digraph graph(length);
  for (Vertex vertex = 0; vertex + 1 < length; ++vertex) graph.add(vertex, vertex + 1);
  graph.add(length - 1, 0);
  auto components = strong_components(graph);
  EXPECT_EQ(std::ranges::count(components, components[0]), static_cast<std::ptrdiff_t>(length));
  EXPECT_EQ(shortest_path(graph, components, 1, 0).size(), length);
}

}  // namespace
}  // namespace fulmar
