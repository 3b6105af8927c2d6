#include "broker/cli/service_notices.h"

#include <algorithm>
#include <utility>

#include "runtime/host/clock.h"
#include "runtime/host/log.h"

namespace fulmar {

namespace {

constexpr Duration interval_max = seconds(5);
constexpr int rounds_per_watchdog = 4;  // one that comes late is no reason to end the broker
// By which time the next round has to have come while the broker starts, in microseconds.
constexpr const char* extension = "EXTEND_TIMEOUT_USEC=60000000\n";
static_assert(interval_max < seconds(60));

}  // namespace

ServiceNotices::ServiceNotices(Host& host, const ServiceManager& manager)
    : host_(host),
      manager_(manager),
      interval_(std::min(manager.watchdog().value_or(interval_max) / rounds_per_watchdog, interval_max)) {
  if (!manager.is_there()) return;
  tell_status();
  fibers_.spawn("watch the shards", [this] { watch(); });
}

BrokerNews ServiceNotices::news() {
  if (!manager_.is_there()) return {};
  return {.joining =
              [this] {
                phase_ = "waits for the cluster's controllers";
                tell_status();
              },
          .opening =
              [this](std::size_t open, std::size_t not_open) {
                auto all = open + not_open;
                opening_ =
                    not_open == 0 ? "" : std::to_string(open) + " of " + std::to_string(all) + " partitions open";
                tell_status();
              },
          .ready =
              [this](const SocketAddress& listening) {
                starting_ = false;
                phase_ = "serves clients at " + to_string(listening);
                tell("READY=1\n");
                tell_status();
              },
          .stopping =
              [this] {
                stopping_ = true;
                phase_ = "stopping";
                tell("STOPPING=1\n");
                tell_status();
              }};
}

void ServiceNotices::watch() {
  for (;;) {
    for (unsigned n = 0; n < host_.shard_count(); ++n) host_.on_shard(n, [](Host&) {});
    std::string lines = manager_.watchdog() ? "WATCHDOG=1\n" : "";
    if (starting_ && !stopping_) lines += extension;
    if (!lines.empty() || !unsent_.empty()) tell(lines);
    host_.clock().sleep_for(interval_);
  }
}

// The socket may be full while the service manager is busy: what is lost then is told again. Of many such lines the
// newest status and one of each other are enough, so that they stay few.
void ServiceNotices::tell(const std::string& lines) {
  if (!unsent_.contains(lines)) unsent_ += lines;
  auto sent = manager_.notify(unsent_);
  if (sent) unsent_.clear();
  if (!sent && !refused_) host_.log().warn("the service manager can't be told", {{"reason", sent.error().detail}});
  refused_ = !sent;
}

void ServiceNotices::tell_status() {
  auto status = "STATUS=" + phase_ + (opening_.empty() || stopping_ ? "" : "; " + opening_) + "\n";
  if (auto at = unsent_.find("STATUS="); at != std::string::npos) unsent_.erase(at, unsent_.find('\n', at) + 1 - at);
  tell(status);
}

}  // namespace fulmar
