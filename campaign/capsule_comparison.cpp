#include "campaign/capsule_comparison.h"

#include "campaign/build_id.h"

namespace fulmar {

bool recorded_by_this_build(const Capsule& capsule) {
  return capsule.build == build_id();
}

LifeOptions PartingWatch::options() {
  LifeOptions options;
  options.event = [this](std::uint64_t events, Instant at, std::uint64_t) {
    events_ = events;
    if (events >= parting_.after && !begin_) begin_ = at;
  };
  options.trace = [this](Instant at, std::string_view line) {
    bool within = begin_ && events_ >= parting_.after && events_ <= parting_.before;
    if (within && lines_.size() < lines_max) lines_.push_back(to_string(at) + " " + std::string(line));
  };
  return options;
}

std::string PartingWatch::describe() const {
  auto text = describe_parting(parting_);
  text.pop_back();
  if (begin_) text += ", at " + to_string(*begin_);
  text += lines_.empty() ? ".\n" : "; there it now goes:\n";
  for (const auto& line : lines_) text += "    " + line + "\n";
  return text;
}

std::string describe_parting(const std::optional<Parting>& parting) {
  if (!parting) return "The life is the recorded one, event for event.\n";
  return "The first " + std::to_string(parting->after) + " events are as recorded; it differs within the next " +
         std::to_string(parting->before - parting->after) + "\n";
}

std::string compare_verdicts(const Capsule& recorded, const Violations& now) {
  auto verdict = [](const std::optional<Signature>& signature) {
    return signature ? to_string(*signature) : std::string("clean");
  };
  auto text = "Recorded by commit " + recorded.commit + ": " + verdict(recorded.signature) + ". ";
  auto signature = signature_of(now);
  if (recorded.signature && find_violation(now, *recorded.signature))
    return text + (signature == recorded.signature ? "It still is.\n"
                                                   : "It still is, and before that: " + verdict(signature) + ".\n");
  if (!recorded.signature) return text + (signature ? "Now: " + verdict(signature) + ".\n" : "It still is.\n");
  if (signature) return text + "Now it fails otherwise: " + verdict(signature) + ".\n";
  return text + "Now it is clean, which may be chance: `verify` plays its neighbours too.\n";
}

}  // namespace fulmar
