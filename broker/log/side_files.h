// SideFiles: writes the other files of a log's closed segments: their indexes, also of aborted transactions, and the
// producers' state at their ends.
//
// All of them can be rebuilt from the batches, so no append waits for them: they are written later, and until they are
// on stable storage recovery reads the segments themselves (see PartitionLog::next_recovery_point()). Files are
// replaced atomically, since an incomplete index can't be told from a complete one.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "broker/log/segment.h"
#include "runtime/base/bytes.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/mutex.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

class SideFiles {
 public:
  SideFiles(Host& host, std::string directory);

  // Begins to write the files of `segment`, and the producers' state at its end if it is given. To be called in the
  // order of the segments, which must not change any more unless forget_from() is called first.
  void write(std::shared_ptr<Segment> segment, std::optional<Bytes> producers);
  // Returns once all files of the segments so far are on stable storage. Errors: no_space, io_error; a later call
  // continues.
  Result<void> settle();
  // Segments that end at or after `offset` are about to be changed or removed: their files are not written.
  void forget_from(Offset offset);
  // The same for segments that end at or before `offset`.
  void forget_until(Offset offset);
  // The segments that begin in [from, to) are about to be replaced by one, whose files write_again() then writes.
  void forget_run(Offset from, Offset to);
  void write_again(std::shared_ptr<Segment> segment);
  // The log is offline: no further files are written.
  void stop() { stopped_ = true; }

  // Every segment that ends below this offset has its files on stable storage.
  Offset current_up_to() const;

 private:
  struct Beside {
    std::shared_ptr<Segment> segment;
    std::optional<Bytes> producers;
  };
  void begin();
  Result<void> write_some();

  Host& host_;
  std::string directory_;
  Logger log_;
  std::deque<Beside> waiting_;  // ascending
  Mutex turn_;                  // for writing the first of them, and for removing some
  bool writing_ = false;
  bool stopped_ = false;
  FiberGroup fibers_;
};

}  // namespace fulmar
