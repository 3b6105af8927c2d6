// ShadowTransactions: where, by the batches of a replica's log, the transactions begin that no committed marker has
// ended.
#pragma once

#include <map>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class ShadowTransactions {
 public:
  // The next batch of the log is a producer's, of a transaction; or its marker.
  void note(Offset base, ProducerId producer, bool is_marker);
  void clear();
  // Up to where all is decided, if all below `committed` is committed; it never goes back.
  Offset stable_end(Offset committed);

 private:
  std::map<ProducerId, Offset> open_;      // first offsets
  std::map<Offset, Offset> transactions_;  // markers' offsets by first offsets; -1: open
};

}  // namespace fulmar
