// IoEngine: the interface between a shard's reactor and the kernel. There are two: io_uring, and epoll with a few
// threads for files, for systems that refuse io_uring (containers often do).
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

struct FileOperation {
  enum class Kind : unsigned char { read, sync_data, sync_all };
  Kind kind;
  int fd;
  std::span<const iovec> buffers;  // for read
  std::uint64_t offset = 0;
};

class ReadinessListener;  // runtime/host/network.h

// The listener for the readiness of one descriptor in one direction. It belongs to the descriptor's owner, which has to
// call unwatch() before the listener or the descriptor is destroyed.
struct IoWatch {
  ReadinessListener* listener = nullptr;
  void* pending = nullptr;  // the engine's
};

class IoEngine {
 public:
  virtual ~IoEngine() = default;

  // Waits up to `timeout` for events (negative: without limit; zero: does not wait) and makes the fibers ready that
  // wait for them. From the reactor's loop only.
  virtual void poll(Duration timeout) = 0;
  // Ends a poll() that waits, from any thread.
  virtual void wake() = 0;
  // Suspends the fiber until the descriptor is readable or writable (or broken). A cancellation point.
  virtual WaitResult wait_ready(int fd, bool writable, Deadline deadline) = 0;
  // Notifies the watch's listener once when the descriptor is readable or writable (or broken); at once if it is now.
  virtual void watch(int fd, bool writable, IoWatch& watch) = 0;
  // Cancels the notification. Does nothing if the listener was notified, or was not watching.
  virtual void unwatch(int fd, bool writable, IoWatch& watch) = 0;
  // To be called before a descriptor is closed that fibers have waited for.
  virtual void forget(int fd) = 0;
  // Runs a file operation that waits for the device, while the fiber waits; it can't be cancelled. Returns the bytes
  // moved, or minus the error number.
  virtual long run(const FileOperation& operation) = 0;
  virtual const char* name() const = 0;
};

std::unique_ptr<IoEngine> make_epoll_engine(Reactor& reactor);
// Null if the kernel refuses io_uring.
std::unique_ptr<IoEngine> make_uring_engine(Reactor& reactor);

}  // namespace fulmar
