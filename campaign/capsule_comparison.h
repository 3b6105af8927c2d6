// A capsule's life played again, by this version of the code: from which event on it is another life, and whether it
// ends with the same verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "campaign/capsule.h"

namespace fulmar {

// Whether the capsule was recorded by this very program, whose life must be the same then.
bool recorded_by_this_build(const Capsule& capsule);

// Looks at a life that is played a second time, at the events among which it parts from the recorded one.
class PartingWatch {
 public:
  static constexpr std::size_t lines_max = 12;

  explicit PartingWatch(const Parting& parting) : parting_(parting) {}

  // For the life to be played; valid as long as this.
  LifeOptions options();
  // "It differs ... from event 1024 (3.201000s) on, or from one of the next 64" and the trace's lines there.
  std::string describe() const;

 private:
  Parting parting_;
  std::uint64_t events_ = 0;
  std::optional<Instant> begin_;
  std::vector<std::string> lines_;
};

// "recorded: durability: lost-write (commit ...)\nnow: clean ...". Both end with a newline.
std::string compare_verdicts(const Capsule& recorded, const Violations& now);
// Of a life that crashed, and so has no second one to look at; nullopt: it was the same until then.
std::string describe_parting(const std::optional<Parting>& parting);

}  // namespace fulmar
