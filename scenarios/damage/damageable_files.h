// What of a broker's disk may be damaged while it is down: only what the broker can know to be damage, and what it, or
// the other replicas, can make good. This knows the broker's files (docs/log-format.md).
#pragma once

#include <vector>

#include "faults/file_damage.h"

namespace fulmar {

// Logs, and terms and votes, as far as the files themselves say that they are synced: a sector of that.
std::vector<DamageableFile> damageable_records(const SimDisk& disk);
// Files beside the batches, that follow from them: indexes, producers' snapshots, epochs, checkpoints.
std::vector<DamageableFile> damageable_side_files(const SimDisk& disk);
// Files that only other brokers can give again: whose partition a directory is, and the metadata's snapshot; and those
// of terms and votes, which may lose their end, or be gone.
std::vector<DamageableFile> damageable_small_files(const SimDisk& disk);

}  // namespace fulmar
