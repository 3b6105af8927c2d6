// CapsuleFolder: the findings of a campaign as capsules, one for each signature: that of its shortest life.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaign/capsule.h"

namespace fulmar {

class CapsuleFolder {
 public:
  // Makes the folder if need be. Errors: io_error: nothing can be written there, in one sentence.
  static Result<CapsuleFolder> open(const std::string& path);

  // A life that ended; kept if it violates something, and no shorter one does so.
  void note(const PlayedLife& played);

  // Plays each life again, and writes capsule_file(). Returns the files. Errors: io_error. Ends early, with
  // the files until then, if it is interrupted.
  Result<std::vector<std::string>> write(const WorkerLimits& limits) const;

 private:
  struct Finding {
    LifeOrder life;
    Signature signature;
    std::uint64_t events = 0;
  };
  explicit CapsuleFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::map<std::string, Finding> findings_;  // by scenario and signature
};

// The life's file in the folder: SCENARIO-SEED.capsule.json, or SCENARIO-SEED-TURN.capsule.json if it is not the seed's
// own.
std::string capsule_file(const std::string& folder, const LifeOrder& life);

}  // namespace fulmar
