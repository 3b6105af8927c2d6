// Damage to files at rest: what of a broker's disk goes wrong while it is down. Only what the broker can know to be
// damage is chosen, and what it, or the other replicas, can make good.
#pragma once

#include <cstdint>
#include <string>

#include "sim/disk.h"

namespace fulmar {

// Each damages one file, by the number that a plan gives, and returns the sort of file, for counts; empty if there was
// none to choose. The disk's machine has just lost its power.

// A sector of a log or of terms and votes, in what the files themselves say is synced.
std::string damage_records(SimDisk& disk, std::int64_t pick);
// A file beside the batches, that follows from them: an index, a producers' snapshot, epochs, a checkpoint. It has a
// byte that is wrong, has lost its tail, or is gone.
std::string damage_side_file(SimDisk& disk, std::int64_t pick);
// Likewise a file that only other brokers can give again: whose partition a directory is, and the metadata's snapshot.
// Or one of terms and votes, which has lost its end, or is gone.
std::string damage_small_file(SimDisk& disk, std::int64_t pick);

}  // namespace fulmar
