// What a leader sends a follower, read from its log: nobody is to be sent what was not written there.
#pragma once

#include "broker/protocol/record_batch.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"

namespace fulmar {

class PartitionLog;

struct AppendBatches {
  ByteChain batches;
  Offset end = 0;  // after the last of them
};

// Whole batches of about 1 MB at most, from the one that has `from` on, be it in its midst; one larger batch goes
// alone. From several segments, where these are small. Errors: as PartitionLog::read; corrupt also where a batch is not
// what was written.
Result<AppendBatches> read_append(const PartitionLog& log, Offset from);

}  // namespace fulmar
