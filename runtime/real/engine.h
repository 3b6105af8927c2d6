// IoEngine: how a shard's reactor talks to the kernel. Two kinds: io_uring, and epoll with a few threads for files, for
// where io_uring is refused (containers often do).
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/base/time.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

class Reactor;

enum class IoBackend : unsigned char { automatic, uring, epoll };

struct FileOperation {
  enum class Kind : unsigned char { read, sync_data, sync_all };
  Kind kind;
  int fd;
  std::span<const iovec> buffers;  // for read
  std::uint64_t offset = 0;
};

class ReadinessListener;  // runtime/host/network.h

// Of one descriptor and direction: who is told that it is ready. Belongs to the descriptor's owner, who takes the
// listener back (unwatch) before either goes.
struct IoWatch {
  ReadinessListener* listener = nullptr;
  void* pending = nullptr;  // the engine's
};

class IoEngine {
 public:
  virtual ~IoEngine() = default;

  // Waits up to `timeout` for anything to happen (negative: for ever; zero: only looks) and makes the fibers ready that
  // it happened to. From the reactor's loop only.
  virtual void poll(Duration timeout) = 0;
  // Ends a poll() that waits, from any thread.
  virtual void wake() = 0;
  // Suspends the fiber until the descriptor is readable or writable (or broken). A cancellation point.
  virtual WaitResult wait_ready(int fd, bool writable, Deadline deadline) = 0;
  // Has the watch's listener told once when the descriptor is readable or writable (or broken); at once if it is.
  virtual void watch(int fd, bool writable, IoWatch& watch) = 0;
  // It is not to be told any more. Nothing if it was told, or nobody watches.
  virtual void unwatch(int fd, bool writable, IoWatch& watch) = 0;
  // A descriptor that was waited for is about to be closed.
  virtual void forget(int fd) = 0;
  // Does a file operation that has to wait for the device, while the fiber waits; not to be cancelled. The bytes moved,
  // or minus the error number.
  virtual long run(const FileOperation& operation) = 0;
  virtual const char* name() const = 0;
};

std::unique_ptr<IoEngine> make_epoll_engine(Reactor& reactor);
// Null if the kernel refuses io_uring.
std::unique_ptr<IoEngine> make_uring_engine(Reactor& reactor);

}  // namespace fulmar
