// Reads from a leader's log the batches of an append, and checks them, so that damaged batches are not sent to
// followers.
#pragma once

#include "broker/protocol/record_batch.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"

namespace fulmar {

class PartitionLog;

struct AppendBatches {
  ByteChain batches;
  Offset end = 0;  // the offset after the last batch
};

// Whole batches of about 1 MB at most, from the one that contains `from` on; one larger batch goes alone. May span
// several small segments. Errors: as PartitionLog::read; corrupt also if a batch is not the one that was written.
Result<AppendBatches> read_append(const PartitionLog& log, Offset from);

}  // namespace fulmar
