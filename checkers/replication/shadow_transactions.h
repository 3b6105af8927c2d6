// ShadowTransactions: the begins of transactions that no committed marker has ended, and the producers' latest epochs,
// according to the batches of a replica's log.
#pragma once

#include <map>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class ShadowTransactions {
 public:
  // The next batch of the log belongs to a producer's transaction, or is its marker.
  void note(Offset base, ProducerId producer, std::int16_t epoch, bool is_marker);
  void clear();
  // The highest epoch of its transactions' batches and markers; -1: there are none.
  std::int16_t epoch_of(ProducerId producer) const;
  // The last stable offset if everything below `committed` is committed; never goes back.
  Offset stable_end(Offset committed);

 private:
  std::map<ProducerId, std::int16_t> epochs_;
  std::map<ProducerId, Offset> open_;      // first offsets
  std::map<Offset, Offset> transactions_;  // markers' offsets by first offsets; -1: open
};

}  // namespace fulmar
