// LifeView: a life as it is now, for whoever stops in the middle of it (LifeOptions::event) and looks at it. Looking
// changes nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace fulmar {

class World;

struct LifeView {
  World& world;
  // What a scenario knows of a node's program, as lines.
  std::function<std::vector<std::string>(std::size_t node)> describe;
};

}  // namespace fulmar
