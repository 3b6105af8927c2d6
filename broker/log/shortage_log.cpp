#include "broker/log/shortage_log.h"

#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

void ShortageLog::refused(std::string_view what, const Error& why) {
  if (!is_shortage(why.code)) return;
  last_refused_ = host_.clock().now();
  if (refused_++ == 0) log_.warn("no room to write", {{"at", what}, {"reason", to_string(why)}});
}

void ShortageLog::look_for_end() {
  if (host_.clock().now() - last_refused_ < calm_min) return;
  FULMAR_MARK("log: has room again");
  log_.info("has room again", {{"refused", refused_}});
  refused_ = 0;
}

}  // namespace fulmar
