#include "campaign/life_recording.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "campaign/recorded_life.h"

namespace fulmar {

namespace {

std::vector<ReportedOperation> reported(const std::vector<LifeRecord::Operation>& operations) {
  std::vector<ReportedOperation> all;
  for (const auto& one : operations)
    all.push_back({.client = one.client,
                   .what = one.what,
                   .invoked = one.invoked,
                   .completed = one.completed == Instant::max() ? std::nullopt : std::optional(one.completed),
                   .outcome = one.outcome});
  return all;
}

}  // namespace

ReportedHappening reported(const Happening& happening, const std::vector<std::string>& nodes) {
  auto name = [&](std::size_t node) { return node < nodes.size() ? nodes[node] : "machine " + std::to_string(node); };
  return {.number = happening.number,
          .kind = std::string(name_of(happening.kind)),
          .events = happening.events,
          .at = happening.at,
          .node = happening.where ? std::optional(name(happening.where->node)) : std::nullopt,
          .shard = happening.where ? happening.where->shard : std::nullopt,
          .peer = happening.peer ? std::optional(name(*happening.peer)) : std::nullopt,
          .cause = happening.cause,
          .began = happening.began,
          .bytes = happening.bytes,
          .subject = happening.subject,
          .text = happening.text,
          .values = happening.values};
}

std::expected<Recording, int> record_life(const Scenario& scenario, const Plan& plan, const WorkerLimits& limits,
                                          Instant violation, const std::optional<Signature>& wanted,
                                          std::vector<std::string> notes, std::size_t kept_max) {
  auto capsule = record_capsule(scenario, plan, limits, wanted);
  if (!capsule) return std::unexpected(capsule.error());
  capsule->notes = std::move(notes);
  Recording recording{.capsule = capsule_to_json(*capsule, scenario.terms)};
  const auto after_max = kept_max / 10, before_max = kept_max - after_max;
  const auto nodes = recording.nodes = scenario.terms.node_names(plan);
  std::deque<ReportedHappening> before;
  std::vector<ReportedHappening> after;
  RecordedLife life(scenario, plan, limits.life_seconds_max);
  while (auto happening = life.next()) {
    ++recording.all;
    if (happening->at > violation) {
      if (after.size() < std::max(after_max, kept_max - before.size())) after.push_back(reported(*happening, nodes));
      continue;
    }
    before.push_back(reported(*happening, nodes));
    if (before.size() > before_max) before.pop_front();
  }
  recording.happenings.assign(std::move_iterator(before.begin()), std::move_iterator(before.end()));
  std::ranges::move(after, std::back_inserter(recording.happenings));
  recording.operations = reported(life.operations());
  return recording;
}

}  // namespace fulmar
