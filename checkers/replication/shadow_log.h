// ShadowLog: what one replica's log must contain, recorded batch by batch as the replica reports it; and how much of
// that is durable on its simulated disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "checkers/replication/shadow_transactions.h"

namespace fulmar {

// The brokers' simulated disks, for checkers.
class Machines {
 public:
  virtual ~Machines() = default;
  // The names in a directory ("": the root), ascending: in the running system's view, or (`durable`) those that a power
  // loss certainly leaves. Empty if there is no such directory.
  virtual std::vector<std::string> list(std::int32_t broker, std::string_view directory, bool durable) const = 0;
  // A file's content, likewise; empty if there is none. Valid until the next event of the life.
  virtual std::string_view content(std::int32_t broker, std::string_view path, bool durable) const = 0;
};

// The parts of a batch that must be equal on all replicas.
struct ShadowBatch {
  Offset base = 0;
  Offset next = 0;
  Epoch epoch = -1;
  std::uint32_t crc = 0;
  ProducerId transaction_of = no_producer_id;  // for batches of a transaction, including markers
  bool is_marker = false;
  std::int16_t producer_epoch = -1;
  bool filler = false;  // without records, in place of removed ones: other replicas need not have the same

  // Everything else is covered by the checksum.
  bool operator==(const ShadowBatch& other) const {
    return base == other.base && next == other.next && epoch == other.epoch && crc == other.crc;
  }
};
ShadowBatch shadow_of(const BatchHeader& header);
std::string to_string(const ShadowBatch& batch);  // "12..14 of epoch 3"

// Batches that were rewritten without some of their records.
class ShadowForms {
 public:
  virtual ~ShadowForms() = default;
  // The original of a batch; itself, if it was not rewritten.
  virtual ShadowBatch original(const ShadowBatch& batch) const = 0;
  // Whether there may be no batch there.
  virtual bool is_hole(Offset from, Offset to) const = 0;
};

class ShadowLog {
 public:
  ShadowLog() = default;
  ShadowLog(std::int32_t broker, std::string directory) : broker_(broker), directory_(std::move(directory)) {}

  // Reads the log from the disk. Returns what is wrong with it; empty: nothing.
  std::string load(const Machines& machines, const ShadowForms& forms);
  void append(const ShadowBatch& batch);
  void truncate(Offset offset);
  void start_over(Offset offset);
  // One synced file is about to replace the segments that begin in [base, end).
  void rewrite(Offset base, Offset end);

  const std::map<Offset, ShadowBatch>& batches() const { return batches_; }  // by base offset
  bool has(const ShadowBatch& batch) const;
  // As ShadowTransactions.
  Offset stable_end(Offset committed) { return transactions_.stable_end(committed); }
  std::int16_t producer_epoch(ProducerId producer) const { return transactions_.epoch_of(producer); }
  // The last batch that begins before `offset`; null if there is none.
  const ShadowBatch* before(Offset offset) const;
  Epoch last_epoch() const { return batches_.empty() ? -1 : batches_.rbegin()->second.epoch; }

  // The offset below which a power loss could lose nothing, up to `wanted`.
  Offset durable_end(const Machines& machines, const ShadowForms& forms, Offset wanted);

 private:
  // Where the next search for durable batches continues.
  struct Place {
    Offset segment = 0;  // its base offset
    std::size_t position = 0;
    Offset next = 0;  // everything below is durable
  };
  std::string path_of(Offset segment) const;
  void note_transaction(const ShadowBatch& batch);

  std::int32_t broker_ = -1;
  std::string directory_;
  std::map<Offset, ShadowBatch> batches_;
  ShadowTransactions transactions_;
  std::vector<Offset> segments_;  // already searched, ascending
  Place place_;
};

}  // namespace fulmar
