#include "campaign/recorded_findings.h"

#include <algorithm>

#include "campaign/build_id.h"
#include "campaign/life_recording.h"
#include "campaign/new_campaign.h"
#include "campaign/results.h"

namespace fulmar {

namespace {

// The notes that a capsule was given for people stay with it.
std::vector<std::string> notes_of(const PlayFile& file) {
  return file.capsule ? file.capsule->notes : std::vector<std::string>{};
}

// A life that took too long, or too much memory, would do so again.
bool is_too_large(const std::string& signature) {
  return signature.starts_with("the process lives: hang") || signature.starts_with("the process lives: memory");
}

std::expected<Recording, int> record(const PlayFile& file, const Violation& violation, const WorkerLimits& limits) {
  return record_life(*file.scenario, file.plan, limits, violation.at, signature_of(violation), notes_of(file));
}

}  // namespace

const Violation* violation_of(const PlayFile& file, const PlayedLife& played) {
  const auto& violations = played.life.violations;
  const Violation* violation = nullptr;
  if (file.capsule && file.capsule->signature) violation = find_violation(violations, *file.capsule->signature);
  return violation ? violation : first_violation(violations);
}

Result<RecordedFindings> record_findings(ReportStore& store, const Simulator& simulator, const WorkerLimits& limits) {
  RecordedFindings done;
  FULMAR_TRY(auto findings, store.findings());
  for (const auto& finding : findings) {
    if (finding.recorded) continue;
    auto file = play_file_from_json(finding.plan, simulator);
    if (!file || is_too_large(finding.signature) || finding.build != build_id() ||
        done.recorded == findings_recorded_max) {
      ++done.left;
      continue;
    }
    auto played = run_in_worker(limits, {.scenario = file->scenario, .plan = file->plan});
    if (!played) {
      done.interrupted_by = played.error();
      return done;
    }
    const auto* violation = violation_of(*file, *played);
    if (!violation || to_string(signature_of(*violation)) != finding.signature) {
      ++done.left;
      continue;
    }
    auto recording = record(*file, *violation, limits);
    if (!recording) {
      done.interrupted_by = recording.error();
      return done;
    }
    FULMAR_TRY_VOID(store.keep(finding.id, *recording));
    ++done.recorded;
  }
  return done;
}

Result<std::optional<std::int64_t>> record_failing_life(ReportStore& store, const Simulator& simulator,
                                                        const PlayFile& file, const PlayedLife& played,
                                                        const std::string& replay, const WorkerLimits& limits) {
  auto recording = record(file, *violation_of(file, played), limits);
  if (!recording) return std::nullopt;
  FULMAR_TRY(auto findings, store.findings());
  auto known = std::ranges::find_if(
      findings, [&](const FoundLife& life) { return life.hash == played.life.trace_hash && life.hash != 0; });
  auto id = known == findings.end() ? 0 : known->id;
  if (known == findings.end()) {
    auto report = report_of(played, simulator.program, {}, "", 0);
    report.replay = replay;
    report.signature = to_string(signature_of(*violation_of(file, played)));
    auto campaign = new_campaign();
    campaign.scenarios = {report.scenario};
    campaign.first_seed = report.seed;
    campaign.last_seed = report.seed;
    FULMAR_TRY(auto number, store.begin_campaign(campaign));
    FULMAR_TRY(id, store.add_life(number, report));
    FULMAR_TRY_VOID(store.end_campaign(number, played.wall_seconds, true));
  }
  FULMAR_TRY_VOID(store.keep(id, *recording));
  return id;
}

}  // namespace fulmar
