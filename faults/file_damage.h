// Damage to files at rest: what of a machine's disk goes wrong while the machine is down. Which files there are, and
// what of them the guarantees promise to survive, is said by whoever knows them: nothing of it is known here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/disk.h"

namespace fulmar {

// A file that may be damaged.
struct DamageableFile {
  std::string path;
  std::string sort;          // what it is, in a word or two, for counts
  std::size_t size_max;      // only its first so many bytes are damaged, and it is cut within them
  bool may_be_wrong = true;  // and not only cut, or gone
};

// Each damages one file, by a number that a plan gives, and returns its sort, and how; empty if there is none to
// choose. The disk's machine has just lost its power.

// A sector of one of the files, any of them as likely.
std::string damage_sector(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick);
// One file of a sort, any sort as likely: a byte is wrong, it has lost its end, or is gone.
std::string damage_in_some_way(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick);

}  // namespace fulmar
