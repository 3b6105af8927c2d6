// HardStateStore: terms, votes, log terms and configurations of a shard's groups, stored before any message depends on
// them (Raft figure 2). One file per shard and life (run of the broker), appended to; the changes of many groups share
// a sync, so that an election in a thousand groups is not a thousand syncs.
//
// The file, `raft-state-LIFE-SHARD`: records of int32 size, int32 CRC-32C, payload. A group's last record counts; it
// has the configuration only if that changed. Each life begins new files, since groups may be on other shards than
// before, and then removes those of earlier lives.
//
// Marks among the records say up to where the file is on stable storage: one begins the file, one begins what each sync
// makes durable, and one follows it, without a sync of its own. An unreadable record below the largest mark is damage:
// the broker no longer knows the terms and votes. At or above it, it belongs to a torn write, on which no message
// depended (or to the last write before a power loss, if that write is damaged and its mark was lost: the two can't be
// told apart). The file's attribute repeats the last mark, in case the end of the file or the marks are lost or
// damaged. A lost file is noticed by the other files of its life, which say how many there are, or because there are
// partitions but no file. Damage may also hide which groups there were: until the metadata names them again, the files
// of later lives say that they are incomplete.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/log/shortage_log.h"
#include "broker/replication/hard_state_records.h"
#include "runtime/base/bytes.h"
#include "runtime/fiber/condition.h"
#include "runtime/host/disk.h"
#include "runtime/host/host.h"

namespace fulmar {

// The state that earlier lives left.
struct StoredStates {
  HardStates states;
  std::vector<std::string> damage;  // where the files are damaged, for people; then promises are lost
  // A group without a stored state may have had one: the files are damaged, or they were in an earlier life that had
  // not yet learned from the metadata which groups there are.
  bool incomplete = false;
  std::uint64_t next_life = 1;
  std::vector<std::string> files;  // to be removed once every shard has a new file
  // Groups whose last record has the earlier format, without a log term: theirs is -1, and must be determined before it
  // is used (broker/replication/earlier_states.h).
  std::set<GroupId> earlier;
};

class HardStateStore {
 public:
  // Errors: io_error.
  static Result<StoredStates> load(Disk& disk);
  // The same, from the files' contents by name, in any order. `synced`: up to where each file is known to be synced, if
  // that is known from outside of the file.
  static StoredStates decode(const std::map<std::string, Bytes>& files,
                             const std::map<std::string, std::uint64_t>& synced = {});
  // Applies a file's records, up to the first that can't be read; returns where that begins.
  static std::size_t apply(const Bytes& records, HardStates& states);
  // Marks all states as having lost their promises: each keeps the term and vote that are known, and gets a damage
  // number from `number`.
  static void lose_promises(HardStates& states, const std::function<std::uint64_t()>& number);
  // The life and the shard in a file's name; nullopt if it is not the name of such a file.
  static std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers_of(std::string_view name);
  static Result<void> remove_files(Disk& disk, const std::vector<std::string>& files);
  // Begins this life's file with `states`, on stable storage when it returns. One for each shard. `incomplete`: as in
  // StoredStates. Errors: io_error, no_space.
  static Result<std::unique_ptr<HardStateStore>> begin(Host& host, std::uint64_t life, HardStates states,
                                                       bool incomplete = false);

  // The last state of a group, or null; after a failure it may be one that was not stored.
  const HardState* find(const GroupId& group) const;
  const HardStates& states() const { return states_; }
  // Whether put() returns io_error from now on.
  bool failed() const { return failed_; }
  // On stable storage when it returns; may be called by many fibers at once. Errors: shortages (may be tried again);
  // io_error (final: the caller must not send anything that depends on the state).
  Result<void> put(const GroupId& group, HardState state);
  // Removes the group. Returns before that is stored: an obsolete state does no harm.
  void remove(const GroupId& group);
  bool incomplete() const { return incomplete_; }
  // All groups that may have had a state have one now. Returns before that is stored.
  void is_complete();

 private:
  HardStateStore(Host& host, std::string path, HardStates states, bool incomplete);
  Result<void> write_pending();
  Result<void> rewrite();
  void mark_end();

  Host& host_;
  std::string path_;
  ShortageLog shortage_;
  HardStates states_;
  bool incomplete_ = false;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;       // of the valid part of the file, without the mark after it
  std::uint64_t live_size_ = 0;  // after the last rewriting
  std::string pending_;
  std::uint64_t asked_ = 0;  // number of puts, and how many of them are on stable storage
  std::uint64_t done_ = 0;
  bool writing_ = false;
  bool failed_ = false;
  Condition progress_;
};

}  // namespace fulmar
