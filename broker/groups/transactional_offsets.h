// TransactionalOffsets: the offsets that transactions will commit, by their producers, from when they are appended
// until the transaction's marker is committed (KIP-98). Meanwhile nobody is told them, and an offset that such a one is
// to replace is unstable (KIP-447).
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

  // As OffsetStore's, for offsets of the producer's open transaction. None is a tombstone.
  void load(ProducerId producer, const OffsetRecord& record, std::uint64_t as);
  void append(ProducerId producer, const OffsetRecord& record, AppendId append);
  void commit(ProducerId producer, const OffsetCommitKey& key, AppendId append);
  void drop(ProducerId producer, const OffsetCommitKey& key, AppendId append);
  void clear();

  // The producer's transaction has ended in the log here: what it wrote until here, which is no transaction's any more.
  // What is appended but not committed is the next one's.
  Offsets end(ProducerId producer);
  // The key was deleted by that append (while loading: 1): those of before are, whatever becomes of their transactions.
  void forget(const OffsetCommitKey& key, AppendId append);

  bool has(const OffsetCommitKey& key) const { return producers_of_.contains(key); }
  bool has_group(const std::string& group) const;
  // Of the group; of the topic, in all groups.
  std::vector<OffsetCommitKey> keys_of(const std::string& group) const;
  std::vector<OffsetCommitKey> keys_with(const std::string& topic) const;

 private:
  OffsetStore::Slot& make(ProducerId producer, const OffsetCommitKey& key);
  // Forgets a slot that holds nothing.
  void tidy(ProducerId producer, const OffsetCommitKey& key);

  std::map<ProducerId, Offsets> producers_;
  std::map<OffsetCommitKey, std::set<ProducerId>> producers_of_;
};

}  // namespace fulmar
