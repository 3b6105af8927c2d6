// Which parts of a broker's disk may be damaged while it is down: only where the broker can recognise the damage, and
// it or the other replicas can repair it. This knows the broker's files (docs/log-format.md).
#pragma once

#include <vector>

#include "faults/file_damage.h"

namespace fulmar {

// Sectors of logs and hard state files, as far as the files themselves say that they are synced.
std::vector<DamageableFile> damageable_records(const SimDisk& disk);
// Files that can be derived from batches: indexes, producer snapshots, epochs, checkpoints.
std::vector<DamageableFile> damageable_side_files(const SimDisk& disk);
// Files that only other brokers can restore: partition.metadata and the metadata snapshot; and hard state files, which
// may lose their end or be lost.
std::vector<DamageableFile> damageable_small_files(const SimDisk& disk);

}  // namespace fulmar
