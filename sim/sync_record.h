// SyncRecord: which syncs of a file have covered what, and so what of it is *settled* when the power goes.
//
// After a power loss a system can tell damage from a write that was torn only where it has noted durably up to where it
// had synced. It can note that once a sync has ended, and make the note durable with the next one. So settled is what a
// sync covered that had ended before two more of one file began, one after the other, if all that was done before the
// second of them is durable: the note of the first, should the one before have come too late for it, is there by then.
// A file of a name that it got when it was synced already is settled as it was: it never was half-written under it.
// What is changed after that is not settled any more. All this is seen from outside: that the system writes no notes,
// or none that last, makes no difference.
#pragma once

#include <cstdint>
#include <vector>

namespace fulmar {

class SyncRecord {
 public:
  // Something at `offset` and maybe beyond is another now.
  void changed_from(std::uint64_t offset);
  // A sync has succeeded; by the numbers of operations of the disk, when it began and ended. Below `size` nothing is
  // unsynced.
  void synced(std::uint64_t began, std::uint64_t ended, std::uint64_t size);
  // A sync has failed, or a note could not be written: what the syncs since the last power loss covered is to be
  // covered again.
  void forget() { syncs_.clear(); }
  // What is synced is settled: the file gets a name.
  void named();

  // What had been synced before that is settled, by this file's syncs alone; 0 if nothing. `unsynced`: the oldest
  // operation, of whichever file that may hold the note, that no sync has covered.
  std::uint64_t settled_before(std::uint64_t unsynced) const;
  // The power is lost, and what was synced before `before` is settled.
  void settle(std::uint64_t before);

  // All of the file below that.
  std::uint64_t settled_size() const { return settled_size_; }

 private:
  struct Sync {
    std::uint64_t began;
    std::uint64_t ended;
    std::uint64_t size;
  };
  static constexpr std::size_t syncs_max = 8;  // the last ones are what counts

  std::vector<Sync> syncs_;  // since the last power loss, in the order in which they ended
  std::uint64_t settled_size_ = 0;
};

}  // namespace fulmar
