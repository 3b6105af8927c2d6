// Trace: the fingerprint of a life. Every observable event goes into one running 64-bit hash, so that two lives are
// equal exactly if their hashes are; on demand it is also written as readable lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/random.h"
#include "runtime/base/time.h"

namespace fulmar {

class Trace {
 public:
  using Sink = std::function<void(Instant at, std::string_view line)>;
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

 private:
  std::uint64_t hash_ = 0x66756c6d6172ULL;
  std::uint64_t events_ = 0;
  Watch watch_;
  Sink sink_;
  Sink account_;
};

}  // namespace fulmar
