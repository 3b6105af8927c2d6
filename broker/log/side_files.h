// SideFiles: what lies beside the closed segments of a log: their indexes, also of aborted transactions, and the
// producers' state as of their ends.
//
// All of it can be made again from the batches, so no append waits for it: it is written behind them, and until it is
// on stable storage recovery reads the segments themselves (see PartitionLog::next_recovery_point). Files are replaced
// whole: half an index can't be told from a whole one.
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

  // Begins to write those of `segment`, and the producers' state as of its end where it is given. Segments come in
  // their order, and change no more unless forget_from() says so first.
  void write(std::shared_ptr<Segment> segment, std::optional<Bytes> producers);
  // Returns once all that there are now are on stable storage. Errors: no_space, io_error; a later call goes on.
  Result<void> settle();
  // The segments that end at or after `offset` are about to be changed, or taken away; or those that end at or before.
  void forget_from(Offset offset);
  void forget_until(Offset offset);
  // Those of the segments that begin in [from, to): another segment is to take their place, and has its own written.
  void forget_run(Offset from, Offset to);
  void write_again(std::shared_ptr<Segment> segment);
  // The log is offline: nothing is written any more.
  void stop() { stopped_ = true; }

  // Every segment that ends below has its files on stable storage.
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
  Mutex turn_;                  // held by who writes the first of them, or takes some out
  bool writing_ = false;
  bool stopped_ = false;
  FiberGroup fibers_;
};

}  // namespace fulmar
