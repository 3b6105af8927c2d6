// The parts of a report's document: the JSON that its page reads.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "runtime/base/result.h"

struct sqlite3;

namespace fulmar {

// Happenings that a document has at most, of all its findings together.
constexpr std::int64_t document_happenings_max = 300'000;

// A failing life with all that is known of it; of its happenings, at most so many, those nearest to the violation.
Result<nlohmann::ordered_json> life_document(sqlite3* database, std::int64_t life, std::int64_t happenings_max);

}  // namespace fulmar
