// Damage to files of a machine that is down. The caller says which files there are, and how much damage the guarantees
// survive.
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
  std::size_t size_max;      // only its first `size_max` bytes are damaged or cut off
  bool may_be_wrong = true;  // bytes may be changed; else it is only cut, or removed
};

// Each damages one file, chosen by `pick` from a plan, and returns its sort and the damage; empty if there is no file.
// The disk's machine has just lost its power.

// A sector of one of the files, all equally likely.
std::string damage_sector(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick);
// One file of a sort, all sorts equally likely: changes a byte, cuts off its end, or removes it.
std::string damage_in_some_way(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick);

}  // namespace fulmar
