// Checks a partition's files after an orderly stop: batches are complete, have right CRCs, and their offsets follow
// each other through all segments, without a gap except for holes within a segment below the offset that the log's
// checkpoint says; a segment is named after the offset where the one before it ends; an index entry points to the batch
// that has its offset; a time index entry is right.
#pragma once

#include <map>
#include <string>

#include "checkers/history.h"

namespace fulmar {

// `files`: path to content, of one data directory.
void check_log_files(const std::map<std::string, std::string>& files, Violations& found);

}  // namespace fulmar
