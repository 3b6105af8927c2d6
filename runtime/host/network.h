// Network: byte streams between processes. Short reads, resets, half-open peers and back-pressure are ordinary.
//
// Objects belong to the shard that made them. All blocking calls are cancellation points.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

struct SocketAddress {
  std::string host;  // a numeric IPv4 or IPv6 address, without brackets; or a name, which Network::resolve() looks up
  std::uint16_t port = 0;

  auto operator<=>(const SocketAddress&) const = default;
};

std::string to_string(const SocketAddress& address);  // "127.0.0.1:9092", "[::1]:9092"
// "host:port" or "[v6]:port" into its parts; the host may be a name, or empty: any. Errors: invalid_argument.
Result<SocketAddress> parse_host_port(std::string_view text);

// Is notified, without a waiting fiber, that a connection is ready.
class ReadinessListener {
 public:
  // Called once per request, on the shard, from any fiber or none: must neither wait nor end the connection.
  virtual void ready() noexcept = 0;

 protected:
  ~ReadinessListener() = default;
};

class Connection {
 public:
  // Closes: unread bytes of either side may be lost, as with close(2). Never blocks.
  virtual ~Connection() = default;

  // Waits for at least one byte; returns how many were read, 0 at the peer's orderly end of stream. One fiber reads at
  // a time. Errors: timed_out, reset, closed (after abort()).
  virtual Result<std::size_t> read(std::span<char> into, Deadline deadline = Deadline::never()) = 0;
  // Hands all of `data` to the transport, waiting while the peer takes none. On an error any part may have been sent.
  // One fiber writes at a time; reading at once is fine. Errors: timed_out, reset, closed.
  virtual Result<void> write(const ByteChain& data, Deadline deadline = Deadline::never()) = 0;
  // Hands over what the transport takes at once of `data` from its byte `from` on, which lies inside; returns how many
  // bytes that were, 0 if the peer takes none now. Never waits. Not while a fiber writes. Errors: reset, closed.
  virtual Result<std::size_t> write_some(const ByteChain& data, std::size_t from) = 0;
  // Notifies `listener` once a read (a write) would not wait: because of bytes, the end of the stream, an error,
  // abort(); at once if that is so now. Until then nothing else may read (write). Null: cancels the notification. A
  // read whose deadline has passed never waits.
  virtual void when_readable(ReadinessListener* listener) = 0;
  virtual void when_writable(ReadinessListener* listener) = 0;
  // Tells the peer that no more bytes come; it reads 0 after what was written.
  virtual void shutdown_write() = 0;
  // Ends both directions at once; a fiber blocked in read or write gets `closed`. Any fiber of the shard may call it.
  virtual void abort() = 0;

  virtual const SocketAddress& peer() const = 0;
  virtual const SocketAddress& local() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;

  // Waits for the next connection. A cancellation point. Errors: closed (after close()), io_error and no_resources (out
  // of descriptors: wait a little and go on).
  virtual Result<std::unique_ptr<Connection>> accept() = 0;
  virtual void close() = 0;
  virtual const SocketAddress& local() const = 0;  // with the port the system chose for port 0
};

class Network {
 public:
  virtual ~Network() = default;

  // Port 0 takes a free one. With `shared`, each shard of the process may listen at the same address, and new
  // connections are spread over them. Errors: address_in_use, invalid_argument.
  virtual Result<std::unique_ptr<Listener>> listen(const SocketAddress& at, bool shared = false) = 0;
  // Errors: refused, unreachable, timed_out, reset.
  virtual Result<std::unique_ptr<Connection>> connect(const SocketAddress& to, Deadline deadline) = 0;
  // The addresses of a name, numeric ones as they are. A cancellation point. Errors: unreachable, timed_out.
  virtual Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                                     Deadline deadline) = 0;
};

// Whether the host is an address, so that there is no name to look up; also if it is empty, which means all addresses.
bool is_numeric(const SocketAddress& address);
// The first numeric address of the host, an IPv4 one if there is one. An empty host stays empty. Errors: as resolve().
Result<SocketAddress> numeric_address(Network& network, const SocketAddress& address, Deadline deadline);
// Connects to the first address of the name that answers. Errors: as resolve(), and as connect() for the last one.
Result<std::unique_ptr<Connection>> connect_by_name(Network& network, const SocketAddress& to, Deadline deadline);

}  // namespace fulmar
