#include "runtime/host/rate_limited_log.h"

#include <string>
#include <utility>

#include "runtime/host/clock.h"

namespace fulmar {

void RateLimitedLog::log(LogLevel level, std::string_view message, Logger::Fields fields) {
  if (!log_.enabled(level)) return;
  auto& said = said_[{message, level}];
  if (said.lines == lines_max) {
    ++said.more;
    return;
  }
  ++said.lines;
  log_.log(level, message, fields);
  if (!std::exchange(said.interval_runs, true))
    fibers_.spawn("count log lines", [this, level, message, &said] { say_more(level, message, said); });
}

// Continues, interval by interval, as long as there is something to count.
void RateLimitedLog::say_more(LogLevel level, std::string_view message, Said& said) {
  for (;;) {
    host_.clock().sleep_for(interval);
    auto more = std::exchange(said.more, 0);
    said.lines = 0;
    if (more == 0) break;
    log_.log(level,
             std::string(message) + ", and " + std::to_string(more) + " more in the last " +
                 std::to_string(interval / seconds(1)) + " s",
             {});
    said.lines = 1;  // that line counts for the next interval
  }
  said.interval_runs = false;
}

}  // namespace fulmar
