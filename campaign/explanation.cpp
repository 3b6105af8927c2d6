#include "campaign/explanation.h"

#include <sstream>

namespace fulmar {

Explanation reported(const Cone& cone, const std::optional<NearestNeighbour>& nearest, const NoReturn& found) {
  Explanation explanation;
  std::istringstream lines(describe(cone));
  for (std::string line; std::getline(lines, line);) explanation.cone.push_back(line);
  for (const auto& [event, at, share] : found.curve)
    explanation.curve.push_back({.event = event, .at = at, .lives = share.lives, .failed = share.failed});
  explanation.steepest = found.steepest;
  explanation.failure = found.failure;
  explanation.events = found.events;
  if (nearest)
    explanation.nearest = Explanation::Neighbour{.without = nearest->without,
                                                 .verdict = nearest->verdict,
                                                 .same_lines = nearest->same_lines,
                                                 .failing = nearest->failing,
                                                 .passing = nearest->passing};
  return explanation;
}

}  // namespace fulmar
