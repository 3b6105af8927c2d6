// Digraph: a directed graph, its strongly connected components (Tarjan 1972, without recursion), and shortest paths.
// Vertices are numbers from 0 on.
#pragma once

#include <cstddef>
#include <vector>

namespace fulmar {

using Vertex = std::size_t;

class Digraph {
 public:
  explicit Digraph(std::size_t vertices) : next_(vertices) {}

  std::size_t size() const { return next_.size(); }
  void add(Vertex from, Vertex to) { next_[from].push_back(to); }
  const std::vector<Vertex>& next(Vertex from) const { return next_[from]; }

 private:
  std::vector<std::vector<Vertex>> next_;
};

// The component of each vertex, by a number: two vertices have the same one if each can be reached from the other.
// Takes time linear in vertices and edges.
std::vector<std::size_t> strong_components(const Digraph& graph);

// The shortest path through vertices of the component that `from` is in, both ends included; empty: there is none.
// Takes time linear in the size of the graph.
std::vector<Vertex> shortest_path(const Digraph& graph, const std::vector<std::size_t>& components, Vertex from,
                                  Vertex to);

}  // namespace fulmar
