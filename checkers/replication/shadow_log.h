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

// The brokers' simulated disks, as a checker reads them.
class Machines {
 public:
  virtual ~Machines() = default;
  // The names in a directory ("": the top), ascending: as the running system sees them, or (`durable`) those that a
  // power loss would certainly leave. Empty if there is no such directory.
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
  ProducerId transaction_of = no_producer_id;  // of a batch of a transaction, markers included
  bool is_marker = false;
  bool filler = false;  // has no records, and stands in for what is gone: others need not have the same

  // What else there is follows from the bytes that the checksum covers.
  bool operator==(const ShadowBatch& other) const {
    return base == other.base && next == other.next && epoch == other.epoch && crc == other.crc;
  }
};
ShadowBatch shadow_of(const BatchHeader& header);
std::string to_string(const ShadowBatch& batch);  // "12..14 of epoch 3"

// What is known of batches that were written anew without some of their records.
class ShadowForms {
 public:
  virtual ~ShadowForms() = default;
  // The batch as it was at first; itself, if it was not written anew.
  virtual ShadowBatch original(const ShadowBatch& batch) const = 0;
  // Whether there may be no batch there.
  virtual bool is_hole(Offset from, Offset to) const = 0;
};

class ShadowLog {
 public:
  ShadowLog() = default;
  ShadowLog(std::int32_t broker, std::string directory) : broker_(broker), directory_(std::move(directory)) {}

  // Reads the log from the disk. Returns what is wrong with it; empty if nothing is.
  std::string load(const Machines& machines, const ShadowForms& forms);
  void append(const ShadowBatch& batch);
  void truncate(Offset offset);
  void start_over(Offset offset);
  // One file, synced, is about to stand for the segments that begin in [base, end).
  void rewrite(Offset base, Offset end);

  const std::map<Offset, ShadowBatch>& batches() const { return batches_; }  // by base offset
  bool has(const ShadowBatch& batch) const;
  // As ShadowTransactions.
  Offset stable_end(Offset committed) { return transactions_.stable_end(committed); }
  // The last batch that begins before `offset`; null if there is none.
  const ShadowBatch* before(Offset offset) const;
  Epoch last_epoch() const { return batches_.empty() ? -1 : batches_.rbegin()->second.epoch; }

  // The offset below which a power loss could take nothing, up to `wanted`.
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
