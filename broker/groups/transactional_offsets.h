// TransactionalOffsets: the offsets of open transactions, by producer, from when they are appended until the
// transaction's marker is committed (KIP-98). Meanwhile clients are not sent them, and the committed offset that one
// may replace is unstable (KIP-447).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/groups/offset_store.h"

namespace fulmar {

class TransactionalOffsets {
 public:
  using Offsets = std::map<OffsetCommitKey, OffsetStore::Slot>;

  // As in OffsetStore, for offsets of the producer's open transaction. None is a tombstone.
  void load(ProducerId producer, const OffsetRecord& record, std::uint64_t as);
  void append(ProducerId producer, const OffsetRecord& record, AppendId append);
  void commit(ProducerId producer, const OffsetCommitKey& key, AppendId append);
  void drop(ProducerId producer, const OffsetCommitKey& key, AppendId append);
  void clear();

  // The marker of the producer's transaction is committed: removes and returns the transaction's offsets. Those whose
  // records are not committed yet belong to its next transaction, and stay.
  Offsets end(ProducerId producer);
  // This append (while loading: 1) deleted the key: offsets that were written before it have no effect, even if their
  // transactions are committed.
  void forget(const OffsetCommitKey& key, AppendId append);

  bool has(const OffsetCommitKey& key) const { return producers_of_.contains(key); }
  bool has_group(const std::string& group) const;
  // The keys of a group; the keys of a topic, in all groups.
  std::vector<OffsetCommitKey> keys_of(const std::string& group) const;
  std::vector<OffsetCommitKey> keys_with(const std::string& topic) const;

 private:
  OffsetStore::Slot& make(ProducerId producer, const OffsetCommitKey& key);
  // Removes the slot if it is empty.
  void tidy(ProducerId producer, const OffsetCommitKey& key);

  std::map<ProducerId, Offsets> producers_;
  std::map<OffsetCommitKey, std::set<ProducerId>> producers_of_;
};

}  // namespace fulmar
