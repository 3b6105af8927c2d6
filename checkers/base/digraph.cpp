#include "checkers/base/digraph.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr auto unknown = static_cast<std::size_t>(-1);

// As in the paper: `lowest` is the first visited vertex that is known to be reachable from a vertex and is in no
// component yet. `path` has what a recursive function would have on its stack.
class Search {
 public:
  explicit Search(const Digraph& graph)
      : graph_(graph), visited_(graph.size(), unknown), lowest_(graph.size()), component_(graph.size(), unknown) {}

  std::vector<std::size_t> run() {
    for (Vertex root = 0; root < graph_.size(); ++root)
      if (visited_[root] == unknown) explore(root);
    return std::move(component_);
  }

 private:
  struct Step {
    Vertex at;
    std::size_t next_edge;
  };

  void enter(Vertex vertex) {
    visited_[vertex] = lowest_[vertex] = visits_++;
    open_.push_back(vertex);
    path_.push_back({vertex, 0});
  }

  void explore(Vertex root) {
    enter(root);
    while (!path_.empty()) {
      auto at = path_.back().at;
      const auto& next = graph_.next(at);
      if (path_.back().next_edge < next.size()) {
        auto to = next[path_.back().next_edge++];
        if (visited_[to] == unknown)
          enter(to);
        else if (component_[to] == unknown)
          lowest_[at] = std::min(lowest_[at], visited_[to]);
      } else {
        leave(at);
      }
    }
  }

  void leave(Vertex vertex) {
    path_.pop_back();
    if (!path_.empty()) lowest_[path_.back().at] = std::min(lowest_[path_.back().at], lowest_[vertex]);
    if (lowest_[vertex] != visited_[vertex]) return;
    for (Vertex member = unknown; member != vertex; open_.pop_back()) {
      member = open_.back();
      component_[member] = components_;
    }
    ++components_;
  }

  const Digraph& graph_;
  std::size_t visits_ = 0;
  std::size_t components_ = 0;
  std::vector<std::size_t> visited_;  // in which order; unknown: not yet
  std::vector<std::size_t> lowest_;
  std::vector<std::size_t> component_;
  std::vector<Vertex> open_;  // visited, and in no component yet
  std::vector<Step> path_;
};

}  // namespace

std::vector<std::size_t> strong_components(const Digraph& graph) {
  return Search(graph).run();
}

std::vector<Vertex> shortest_path(const Digraph& graph, const std::vector<std::size_t>& components, Vertex from,
                                  Vertex to) {
  std::vector<Vertex> came_from(graph.size(), unknown);
  std::vector<Vertex> reached{from};
  came_from[from] = from;
  for (std::size_t n = 0; n < reached.size() && came_from[to] == unknown; ++n)
    for (auto next : graph.next(reached[n])) {
      if (came_from[next] != unknown || components[next] != components[from]) continue;
      came_from[next] = reached[n];
      reached.push_back(next);
    }
  if (came_from[to] == unknown) return {};
  std::vector<Vertex> path{to};
  while (path.back() != from) path.push_back(came_from[path.back()]);
  std::ranges::reverse(path);
  return path;
}

}  // namespace fulmar
