#include "broker/server/listen_address.h"

#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {
constexpr Duration resolve_max = seconds(10);
}

Result<SocketAddress> listen_address(Host& host, const SocketAddress& configured) {
  auto deadline = host.clock().deadline_in(resolve_max);
  if (is_numeric(configured)) return numeric_address(host.network(), configured, deadline);
  Result<SocketAddress> found = fail(Errc::closed, configured.host + ": asked to stop while it was looked up");
  Event decided;
  FiberGroup fibers;
  fibers.spawn("resolve", [&] {
    found = numeric_address(host.network(), configured, deadline);
    decided.set();
  });
  fibers.spawn("asked to stop", [&] {
    host.stop_requested().wait();
    decided.set();
  });
  decided.wait();
  fibers.cancel();
  fibers.join();
  return found;
}

}  // namespace fulmar
