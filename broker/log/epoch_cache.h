// EpochCache: the offsets at which leader epochs begin (KIP-101). Gives the epoch of any offset, also in holes, and the
// end of an epoch. Stored in `leader-epoch-checkpoint`, in Kafka's format.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class EpochCache {
 public:
  struct Entry {
    Epoch epoch;
    Offset start_offset;
    bool operator==(const Entry&) const = default;
  };

  // `epoch` begins at `offset`: a batch was appended there, or the leader has sent this for batches that are gone.
  // Returns whether the epoch is new. Epochs never decrease; asserted.
  bool add(Epoch epoch, Offset offset);
  std::optional<Epoch> latest() const;
  std::optional<Epoch> epoch_of(Offset offset) const;
  // The last epoch not above `epoch`, and where it ends: the start of the next one, or `log_end`
  // (OffsetForLeaderEpoch).
  std::optional<Entry> end_of(Epoch epoch, Offset log_end) const;
  void truncate_from(Offset offset);  // removes the epochs that begin at or after `offset`
  // The log now starts at `offset`: removes the epochs before that, except for that of the last batch before it, by
  // which logs are compared.
  void truncate_until(Offset offset);
  std::span<const Entry> entries() const { return entries_; }

  std::string encode() const;
  bool decode(std::string_view text);

 private:
  std::vector<Entry> entries_;
};

}  // namespace fulmar
