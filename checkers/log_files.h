// Storage: what must hold of a partition's files on a disk at rest after an orderly stop.
//
// Batches are whole, have right CRCs, and their offsets follow on one another without a gap, through all segments; a
// segment is named after its first offset; an index entry points to the batch that has its offset; a time index entry
// tells the truth.
#pragma once

#include <map>
#include <string>

#include "checkers/history.h"

namespace fulmar {

// `files`: path to content, of one data directory.
void check_log_files(const std::map<std::string, std::string>& files, Violations& found);

}  // namespace fulmar
