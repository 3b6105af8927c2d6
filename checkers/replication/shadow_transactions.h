// ShadowTransactions: the begins of transactions that no committed marker has ended, according to the batches of a
// replica's log.
#pragma once

#include <map>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class ShadowTransactions {
 public:
  // The next batch of the log belongs to a producer's transaction, or is its marker.
  void note(Offset base, ProducerId producer, bool is_marker);
  void clear();
  // The last stable offset if everything below `committed` is committed; never goes back.
  Offset stable_end(Offset committed);

 private:
  std::map<ProducerId, Offset> open_;      // first offsets
  std::map<Offset, Offset> transactions_;  // markers' offsets by first offsets; -1: open
};

}  // namespace fulmar
