// What the files of one broker have of a compacted topic, in the form in which clients read it: so that a replica is
// judged even if no client reads from it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/history.h"

namespace fulmar {

// A read of each partition of the topic whose log the files have. `files`: path to content, of one data directory after
// an orderly stop. Control batches are omitted. The reads end at a batch that can't be read, which check_log_files()
// reports.
std::vector<KeyedRead> keyed_logs(const std::map<std::string, std::string>& files, std::string_view topic,
                                  const std::string& broker, Instant at);

}  // namespace fulmar
