// ShortageLog: says once that writes are refused for want of space, or of what else the system has few of, and once
// that there is room again, however many writes and partitions meet it. Used by fibers of one shard.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

class ShortageLog {
 public:
  // Small writes may find room while larger ones don't: it is over when none was refused for so long.
  static constexpr Duration calm_min = seconds(5);

  ShortageLog(Host& host, Logger log) : host_(host), log_(std::move(log)) {}

  // A write to `what` failed. Errors that are no shortages are for others to say.
  void refused(std::string_view what, const Error& why);
  // One succeeded.
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
