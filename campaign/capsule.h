// Capsule: a life as one readable file (NAME.capsule.json) that outlives the code it was found with: its plan with all
// settings and faults, what came of it, which code that was, and enough of its trace to tell where the life of a later
// version first differs. A seed alone is worth nothing once a commit has changed what seeds choose.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "campaign/running_hashes.h"
#include "campaign/scenario.h"
#include "campaign/signature.h"
#include "campaign/simulator.h"
#include "campaign/worker.h"

namespace fulmar {

struct Capsule {
  // Of the file's format. A program reads its own only.
  static constexpr std::int64_t format = 1;

  Plan plan;
  std::string commit;                  // build_commit.h
  std::string build;                   // build_id.h
  std::optional<Signature> signature;  // of the life's first violation; nullopt: it was clean
  std::string text;                    // of that violation
  RunningHashes trace;                 // of a crashed life: until then
  std::vector<std::string> notes;      // for people, such as what each fault is needed for
};

// Ends with a newline.
std::string capsule_to_json(const Capsule& capsule, const PlanTerms& terms);

// What a file has that is to be played: a capsule, or a plan alone (as `plan` prints it).
struct PlayFile {
  const Scenario* scenario = nullptr;
  Plan plan;
  std::optional<Capsule> capsule;  // with the same plan
};

// Errors: invalid_argument, in one sentence: no JSON, a capsule of another format, an unknown scenario, and what
// plan_from_json() and the scenario's check find.
Result<PlayFile> play_file_from_json(const std::string& text, const Simulator& simulator);
// Errors: as above, and if the file can't be read or is too large; with its path.
Result<PlayFile> read_play_file(const std::string& path, const Simulator& simulator);

// Plays the plan in a process of its own, and makes a capsule of it. Its signature is `wanted`, if a violation has that
// one, and else that of the first violation. The error: the signal (SIGINT, SIGTERM) that interrupted it.
std::expected<Capsule, int> record_capsule(const Scenario& scenario, const Plan& plan, const WorkerLimits& limits,
                                           const std::optional<Signature>& wanted = {});

// Whether a capsule could be written there; to be called before the work whose result it is. Errors: io_error.
Result<void> check_capsule_writable(const std::string& path);
// Replaces the file as a whole, or leaves it as it was. Errors: io_error, with its path.
Result<void> write_capsule(const std::string& path, const Capsule& capsule, const PlanTerms& terms);

}  // namespace fulmar
