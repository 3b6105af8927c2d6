// Checks a partition's files after an orderly stop: batches are complete, have valid CRCs, and their offsets follow
// each other through all segments, without gaps except for holes within a segment below the offset given in the log's
// checkpoint; a segment is named after the offset where the one before it ends; an index entry points to the batch that
// has its offset; time index entries are right. A directory that is being deleted is no log: some of its files may be
// gone.
#pragma once

#include <map>
#include <string>

#include "checkers/history.h"

namespace fulmar {

// `files`: path to content, of one data directory.
void check_log_files(const std::map<std::string, std::string>& files, Violations& found);

}  // namespace fulmar
