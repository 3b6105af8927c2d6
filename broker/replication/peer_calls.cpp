#include "broker/replication/peer_calls.h"

#include <algorithm>

#include "broker/net/frame_reader.h"
#include "broker/replication/greeting.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int32_t answer_bytes_max = 64 << 20;

Result<Bytes> exchange(Host& host, Connection& connection, const ByteChain& request, Deadline deadline) {
  FULMAR_TRY_VOID(connection.write(request, deadline));
  FrameReader frames(connection, host.clock(),
                     {.size_max = answer_bytes_max, .idle_max = deadline.at - host.clock().now()});
  FULMAR_TRY(auto size, frames.next_size());
  if (size == 0) return fail(Errc::closed, "no answer");
  return frames.body(size);
}

// Nothing can come on a connection without a call, except its end.
bool is_open(Host& host, Connection& connection) {
  char byte = 0;
  auto read = connection.read({&byte, 1}, {host.clock().now()});
  return !read && read.error().code == Errc::timed_out;
}

}  // namespace

Result<Bytes> PeerCalls::ask(const SocketAddress& address, const ByteChain& request, Deadline deadline) {
  auto connection = take(address);
  if (!connection) {
    FULMAR_TRY(auto greeted, greet(host_, peers_, address, deadline));
    connection = std::move(greeted.connection);
  }
  auto answer = exchange(host_, *connection, request, deadline);
  if (!answer) {
    forget(address);
    return fail(Errc::in_doubt, to_string(answer.error()));
  }
  keep(address, std::move(connection));
  return answer;
}

std::unexpected<Error> PeerCalls::not_the_answer(const SocketAddress& address) {
  forget(address);
  return fail(Errc::in_doubt, "the answer to another request");
}

// The connection to that broker that was used last, if it is still open.
std::unique_ptr<Connection> PeerCalls::take(const SocketAddress& address) {
  auto old = host_.clock().now() - kept_for;
  while (!kept_.empty() && kept_.front().since < old) kept_.pop_front();
  for (;;) {
    auto last = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) { return kept.address == address; });
    if (last == kept_.rend()) return nullptr;
    auto connection = std::move(last->connection);
    kept_.erase(std::next(last).base());
    if (is_open(host_, *connection)) return connection;
    FULMAR_MARK("brokers: a kept connection had ended");
  }
}

void PeerCalls::keep(const SocketAddress& address, std::unique_ptr<Connection> connection) {
  if (kept_.size() == kept_max) kept_.pop_front();
  kept_.push_back({address, std::move(connection), host_.clock().now()});
}

// The other broker is likely to be gone, and its other connections with it.
void PeerCalls::forget(const SocketAddress& address) {
  std::erase_if(kept_, [&](const Kept& kept) { return kept.address == address; });
}

}  // namespace fulmar
