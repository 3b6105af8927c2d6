// Host: the world as one shard of a process sees it. Everything that a process may ask of the world is here, passed by
// reference and never global; runtime/real and sim/ each provide one.
//
// A process is shard_count() single-threaded shards that share nothing mutable. Its main function runs as a fiber on
// shard 0 and starts work on others with on_shard(). Objects live and die on the shard that created them.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class Clock;
class Disk;
class Entropy;
class Logger;
class Network;

// The limit of a process' files and sockets, and about how many are open.
struct Descriptors {
  std::size_t limit = 0;
  std::size_t in_use = 0;
};

class Host {
 public:
  virtual ~Host() = default;

  virtual unsigned shard() const = 0;        // 0 .. shard_count() - 1
  virtual unsigned shard_count() const = 0;  // at least 1, fixed for the life of the process

  virtual Clock& clock() = 0;
  virtual Disk& disk() = 0;
  virtual Network& network() = 0;
  virtual Entropy& entropy() = 0;
  virtual Logger& log() = 0;
  virtual Descriptors descriptors() = 0;  // of the whole process

  // Set on shard 0 when the process is asked to stop in order (SIGTERM). Main then stops everything and returns.
  virtual Event& stop_requested() = 0;

  // Calls fn(Host&) in a fiber on shard `n` and waits for its result; on the own shard it is a plain call. The fiber
  // runs in `group`, which belongs to shard n and must outlive the call (default: the shard's root). If the caller is
  // cancelled, the remote fiber is cancelled and still waited for, so fn may refer to the caller's frame, which the
  // caller must not touch meanwhile. If the remote fiber ends by cancellation, so does the caller.
  template <std::invocable<Host&> F>
  auto on_shard(unsigned n, F&& fn, FiberGroup* group = nullptr) -> std::invoke_result_t<F, Host&> {
    using R = std::invoke_result_t<F, Host&>;
    FULMAR_ASSERT(n < shard_count());
    if (n == shard()) return fn(*this);
    if constexpr (std::is_void_v<R>) {
      Call<F> call(fn);
      run_measured_on(n, group, call);
    } else {
      ResultCall<F, R> call(fn);
      run_measured_on(n, group, call);
      return std::move(*call.result);
    }
  }

  // Starts fn(Host&) in a fiber on shard `n` (in `group`, as above) and does not wait. fn must own everything it uses.
  // Messages from one shard to another are begun in the order in which they were sent.
  virtual void post(unsigned n, FiberGroup* group, std::move_only_function<void(Host&)> fn) = 0;

  // A call from another shard.
  struct RemoteCall {
    virtual ~RemoteCall() = default;
    virtual void run(Host& there) = 0;
  };

 protected:
  // Runs `call` in a fiber on shard n != shard() and returns when that fiber has ended; throws FiberCancelled if it did
  // not come to its end, or (once it has ended) if the calling fiber was cancelled.
  virtual void run_on(unsigned n, FiberGroup* group, RemoteCall& call) = 0;

 private:
  // The same; what it computes there counts for the calling fiber's WorkMeter, if it has one.
  void run_measured_on(unsigned n, FiberGroup* group, RemoteCall& call);

  template <class F>
  struct Call final : RemoteCall {
    explicit Call(F& f) : fn(f) {}
    void run(Host& there) override { fn(there); }
    F& fn;
  };
  template <class F, class R>
  struct ResultCall final : RemoteCall {
    explicit ResultCall(F& f) : fn(f) {}
    void run(Host& there) override { result.emplace(fn(there)); }
    F& fn;
    std::optional<R> result;
  };
};

}  // namespace fulmar
