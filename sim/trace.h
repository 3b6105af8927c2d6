// Trace: the fingerprint of a life. Every observable event goes into one running 64-bit hash, so that two lives are
// equal exactly if their hashes are; on demand it is also written as readable lines, and told as happenings.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/random.h"
#include "runtime/base/time.h"
#include "sim/happening.h"

namespace fulmar {

class Trace {
 public:
  using Sink = std::function<void(Instant at, std::string_view line)>;
  using Observer = std::function<void(const Happening& happening)>;
  using Watch = std::function<void(std::uint64_t events, Instant at, std::uint64_t hash)>;

  // The kind of event; part of the hash, so that events of different kinds differ.
  enum class Kind : std::uint8_t { fiber, timer, message, disk, network, process, clock, fault, log, client };

  void fold(std::uint64_t value) { hash_ = mix64(hash_ ^ value) + 0x9e3779b97f4a7c15ULL; }
  void event(Kind kind, Instant at, std::uint64_t a, std::uint64_t b = 0) {
    if (watch_) watch_(events_, at, hash_);
    ++events_;
    fold(static_cast<std::uint64_t>(at.ns) << 4 | static_cast<std::uint64_t>(kind));
    fold(a ^ mix64(b + 1));
  }
  void bytes(std::string_view bytes);  // adds the content to the hash

  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }

  // Called before each event: with the number of events before it, its time, and the hash of all that was before it.
  void set_watch(Watch watch) { watch_ = std::move(watch); }
  void set_sink(Sink sink) { sink_ = std::move(sink); }
  bool readable() const { return static_cast<bool>(sink_); }
  // Writes a line if there is a sink. The hash does not depend on it.
  template <class MakeLine>
  void line(Instant at, MakeLine make) {
    if (sink_) sink_(at, make());
  }
  // The same for what a short account of the life has: processes, faults, and log messages of level INFO and above. The
  // account gets it first.
  void set_account(Sink account) { account_ = std::move(account); }
  template <class MakeLine>
  void account(Instant at, MakeLine make) {
    if (account_) account_(at, make());
    line(at, make);
  }

  // Called with each happening, in order.
  void set_observer(Observer observer) { observer_ = std::move(observer); }
  bool observed() const { return static_cast<bool>(observer_); }
  // Tells the observer of what `make` returns, whose number, events and time are filled in here, and its cause, if it
  // has none, from the one that acts now. Returns its number; 0 without an observer, and then `make` is not called.
  template <class Make>
  std::uint64_t tell(Instant at, Make make) {
    return observer_ ? told(at, make()) : 0;
  }
  // While it exists, what happens is caused by that happening, unless it has another cause.
  class Acting {
   public:
    Acting(Trace& trace, std::uint64_t cause) : trace_(trace), before_(std::exchange(trace.acting_, cause)) {}
    Acting(const Acting&) = delete;
    Acting& operator=(const Acting&) = delete;
    ~Acting() { trace_.acting_ = before_; }

   private:
    Trace& trace_;
    std::uint64_t before_;
  };

 private:
  std::uint64_t told(Instant at, Happening happening);

  std::uint64_t hash_ = 0x66756c6d6172ULL;
  std::uint64_t events_ = 0;
  Watch watch_;
  Sink sink_;
  Sink account_;
  Observer observer_;
  std::uint64_t told_ = 0;
  std::uint64_t acting_ = 0;
};

}  // namespace fulmar
