#include "campaign/capsule_folder.h"

#include <filesystem>
#include <tuple>

namespace fulmar {

std::string capsule_file(const std::string& folder, const LifeOrder& life) {
  auto name = folder + "/" + life.plan.scenario + "-" + std::to_string(life.plan.seed);
  return name + (life.origin.empty() ? "" : "-" + std::to_string(life.turn)) + ".capsule.json";
}

Result<CapsuleFolder> CapsuleFolder::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error && !std::filesystem::is_directory(path))
    return fail(Errc::io_error, path + ": can't be made: " + error.message());
  if (auto writable = check_capsule_writable(path + "/any.capsule.json"); !writable)
    return std::unexpected(writable.error());
  return CapsuleFolder(path);
}

void CapsuleFolder::note(const PlayedLife& played) {
  auto signature = signature_of(played.life.violations);
  if (!signature) return;
  const auto& plan = played.order.plan;
  auto [found, is_new] = findings_.try_emplace(plan.scenario + " " + to_string(*signature));
  auto& finding = found->second;
  // A crashed life has no events: the one with the fewest faults is taken for the shortest.
  auto shortness = [](const Plan& of, std::uint64_t events) { return std::tuple(events, of.faults.size(), of.seed); };
  if (!is_new && shortness(finding.life.plan, finding.events) <= shortness(plan, played.life.events)) return;
  finding = {
      {.scenario = played.order.scenario, .plan = plan, .turn = played.order.turn, .origin = played.order.origin},
      *signature,
      played.life.events};
}

Result<std::vector<std::string>> CapsuleFolder::write(const WorkerLimits& limits) const {
  std::vector<std::string> files;
  for (const auto& [unused, finding] : findings_) {
    const auto& [scenario, plan, twice, hashes, turn, origin] = finding.life;
    auto capsule = record_capsule(*scenario, plan, limits, finding.signature);
    if (!capsule) break;
    auto path = capsule_file(path_, finding.life);
    if (auto written = write_capsule(path, *capsule, scenario->terms); !written)
      return std::unexpected(written.error());
    files.push_back(path);
  }
  return files;
}

}  // namespace fulmar
