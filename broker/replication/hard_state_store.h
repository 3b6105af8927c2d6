// HardStateStore: terms, votes, log terms and configurations of a shard's groups, on stable storage before anybody
// hears of them (Raft figure 2). One file per shard and life, appended to; many groups' changes ride one sync, so that
// an election of a thousand groups is not a thousand syncs.
//
// The file, `raft-state-LIFE-SHARD`: records of int32 size, int32 CRC-32C, payload; the last one of a group counts,
// which tells of its configuration only where that is another than before. Each life of a broker begins files of its
// own, as the groups may lie on other shards than before, and then removes those of earlier lives.
//
// Marks among the records say up to where the file is on stable storage: one begins a file, one begins what each sync
// makes durable, and one follows it, without a sync of its own. A record that can't be read below the largest mark is
// damage: then what this broker has promised is not known any more. At or above it, it is of a write that was torn,
// and was never told to anybody (or of the last write before a power loss, if its mark was lost with it, and damaged
// besides: the two can't be told apart). The file's attribute says the same as the last mark, should the file's end, or
// the marks there, be lost or damaged. And that a whole file is gone is seen by the others of its life, which say how
// many there are, or by there being partitions, and no file. Damage takes the names of groups along: until those that
// the metadata tells of are known again, the files of later lives say that they are incomplete.
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

// What earlier lives left.
struct StoredStates {
  HardStates states;
  std::vector<std::string> damage;  // where the files are damaged, for people; then promises are lost
  // A group of which nothing is stored may have promised something all the same: since the files are damaged, or were
  // in an earlier life, which has not come to know yet which groups it has.
  bool incomplete = false;
  std::uint64_t next_life = 1;
  std::vector<std::string> files;  // to be removed once every shard has its own again
  // Whose last record is of the earlier format, which has no log term: theirs is -1, and must not be relied on before
  // it is known (broker/replication/earlier_states.h).
  std::set<GroupId> earlier;
};

class HardStateStore {
 public:
  // Errors: io_error.
  static Result<StoredStates> load(Disk& disk);
  // The same, from the files' contents by name, of any order; `synced`: up to where each is known to be synced, where
  // that is known beside what it says itself.
  static StoredStates decode(const std::map<std::string, Bytes>& files,
                             const std::map<std::string, std::uint64_t>& synced = {});
  // Takes in a file's records, up to the first that can't be read; returns where that begins.
  static std::size_t apply(const Bytes& records, HardStates& states);
  // Promises are lost, of whichever groups: of each is left what is known of its term and vote, and that it is damaged
  // so. `number`: for the damage, another for each.
  static void lose_promises(HardStates& states, const std::function<std::uint64_t()>& number);
  // The life and the shard that the file of this name belongs to; nullopt if it is none of these files.
  static std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers_of(std::string_view name);
  static Result<void> remove_files(Disk& disk, const std::vector<std::string>& files);
  // Begins this life's file with `states`, on stable storage when it returns. Every shard has one. `incomplete`: as in
  // StoredStates. Errors: io_error, no_space.
  static Result<std::unique_ptr<HardStateStore>> begin(Host& host, std::uint64_t life, HardStates states,
                                                       bool incomplete = false);

  // The last state of a group, or null; if failed(), it may be one that could not be stored.
  const HardState* find(const GroupId& group) const;
  const HardStates& states() const { return states_; }
  // Whether put() answers io_error from now on.
  bool failed() const { return failed_; }
  // On stable storage when it returns; many fibers at once. Errors: shortages (to be tried again), io_error (never
  // again: whoever needs a promise kept must stop making any).
  Result<void> put(const GroupId& group, HardState state);
  // The group is no more. Not waited for: a state too many does no harm.
  void remove(const GroupId& group);
  bool incomplete() const { return incomplete_; }
  // Whichever group has promised anything has its state now. Not waited for, either.
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
  std::uint64_t size_ = 0;       // of the file, as far as it is right; the mark after that not counted
  std::uint64_t live_size_ = 0;  // after the last rewriting
  std::string pending_;
  std::uint64_t asked_ = 0;  // puts, and how many of them are on stable storage
  std::uint64_t done_ = 0;
  bool writing_ = false;
  bool failed_ = false;
  Condition progress_;
};

}  // namespace fulmar
