// ShortageLog: logs a shortage of space, or of another resource of the system, once when it begins and once when it
// ends, however many writes and partitions are refused. Used by fibers of one shard.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

class ShortageLog {
 public:
  // The shortage has ended when no write was refused for this time: small writes may succeed while larger ones fail.
  static constexpr Duration calm_min = seconds(5);

  ShortageLog(Host& host, Logger log) : host_(host), log_(std::move(log)) {}

  // A write to `what` failed. Errors that are no shortages are ignored.
  void refused(std::string_view what, const Error& why);
  // A write succeeded.
  void written() {
    if (refused_ > 0) look_for_end();
  }

 private:
  void look_for_end();

  Host& host_;
  Logger log_;
  std::uint64_t refused_ = 0;  // writes in this shortage; 0: there is none
  Instant last_refused_;
};

}  // namespace fulmar
