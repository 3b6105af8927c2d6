// EpochCache: which leader epoch began at which offset (KIP-101). Answers what the epoch of an offset is, and where an
// epoch ended, for any offset, also where compaction left holes. Kept in `leader-epoch-checkpoint`, in Kafka's format.
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

  // `epoch` begins at `offset`, by a batch that was appended there, or by what a leader tells of batches that are gone.
  // True if that is a new epoch. Epochs never go back; asserted.
  bool add(Epoch epoch, Offset offset);
  std::optional<Epoch> latest() const;
  std::optional<Epoch> epoch_of(Offset offset) const;
  // The last epoch not above `epoch`, and where it ends: the start of the next one, or `log_end`
  // (OffsetForLeaderEpoch).
  std::optional<Entry> end_of(Epoch epoch, Offset log_end) const;
  void truncate_from(Offset offset);  // forgets the epochs that begin at or after
  // The log now starts at `offset`: forgets what came before, but for the epoch of the last batch there was, by which
  // other logs are compared with this one.
  void truncate_until(Offset offset);
  std::span<const Entry> entries() const { return entries_; }

  std::string encode() const;
  bool decode(std::string_view text);

 private:
  std::vector<Entry> entries_;
};

}  // namespace fulmar
