#include "runtime/real/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/real/clock_and_entropy.h"
#include "runtime/real/errors.h"

namespace fulmar {

namespace {

constexpr int listen_backlog = 1024;
constexpr std::size_t buffers_per_send_max = 64;
// The kernel closes the io_uring of a killed process after the process itself: until then its ports seem to be in use.
constexpr Duration port_release_max = seconds(2);
constexpr Duration port_release_poll = milliseconds(10);

struct RawAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<RawAddress> raw_address(const SocketAddress& address) {
  RawAddress raw;
  auto& v4 = reinterpret_cast<sockaddr_in&>(raw.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(raw.storage);
  std::string host = address.host.empty() ? "0.0.0.0" : address.host;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    raw.size = sizeof v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    raw.size = sizeof v6;
  } else {
    return fail(Errc::invalid_argument, "not a numeric address: " + address.host);
  }
  return raw;
}

// An IPv4 peer of a socket that listens at an IPv6 address has its IPv4 address: what is said about that address, in
// access control lists, quotas and limits, is about this peer too.
SocketAddress address_of(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    constexpr std::size_t v4_at = 12;  // of 16 bytes
    inet_ntop(AF_INET, v6.sin6_addr.s6_addr + v4_at, text, sizeof text);
    return {text, ntohs(v6.sin6_port)};
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return {text, ntohs(v6.sin6_port)};
}

SocketAddress local_address(int fd) {
  RawAddress raw;
  raw.size = sizeof raw.storage;
  getsockname(fd, raw.get(), &raw.size);
  return address_of(raw.storage);
}

class Socket {
 public:
  Socket(Reactor& reactor, int fd) : reactor_(&reactor), fd_(fd) {
    reactor_->descriptors().fetch_add(1, std::memory_order_relaxed);
  }
  Socket(Socket&& other) noexcept : reactor_(other.reactor_), fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ < 0) return;
    reactor_->engine().forget(fd_);
    ::close(fd_);
    reactor_->descriptors().fetch_sub(1, std::memory_order_relaxed);
  }
  int fd() const { return fd_; }
  WaitResult wait(bool writable, Deadline deadline) const {
    return reactor_->engine().wait_ready(fd_, writable, deadline);
  }
  void watch(bool writable, IoWatch& watch, ReadinessListener* listener) const {
    if (watch.listener) reactor_->engine().unwatch(fd_, writable, watch);
    watch.listener = listener;
    if (listener) reactor_->engine().watch(fd_, writable, watch);
  }

 private:
  Reactor* reactor_;
  int fd_;
};

void set_option(int fd, int level, int option) {
  int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

class RealConnection final : public Connection {
 public:
  RealConnection(Socket socket, SocketAddress peer)
      : socket_(std::move(socket)), peer_(std::move(peer)), local_(local_address(socket_.fd())) {
    set_option(socket_.fd(), IPPROTO_TCP, TCP_NODELAY);
  }

  ~RealConnection() override {
    when_readable(nullptr);
    when_writable(nullptr);
  }

  Result<std::size_t> read(std::span<char> into, Deadline deadline) override {
    check_cancelled();
    FULMAR_ASSERT(!into.empty());
    for (;;) {
      if (aborted_) return fail(Errc::closed, "connection to " + to_string(peer_) + " was aborted");
      auto got = recv(socket_.fd(), into.data(), into.size(), 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return system_error(errno, "read from " + to_string(peer_));
      if (socket_.wait(false, deadline) == WaitResult::timed_out)
        return fail(Errc::timed_out, "read from " + to_string(peer_));
    }
  }

  Result<void> write(const ByteChain& data, Deadline deadline) override {
    check_cancelled();
    for (std::size_t done = 0; done < data.size();) {
      FULMAR_TRY(auto written, write_some(data, done));
      done += written;
      if (done < data.size() && socket_.wait(true, deadline) == WaitResult::timed_out)
        return fail(Errc::timed_out, "write to " + to_string(peer_));
    }
    return {};
  }

  Result<std::size_t> write_some(const ByteChain& data, std::size_t from) override {
    auto parts = data.parts();
    auto skip = from;
    std::size_t done = 0;
    for (;;) {
      while (!parts.empty() && skip >= parts.front().size()) {
        skip -= parts.front().size();
        parts = parts.subspan(1);
      }
      if (parts.empty()) return done;
      if (aborted_) return fail(Errc::closed, "connection to " + to_string(peer_) + " was aborted");
      iovec buffers[buffers_per_send_max];
      msghdr message{};
      message.msg_iov = buffers;
      for (; message.msg_iovlen < std::min(parts.size(), buffers_per_send_max); ++message.msg_iovlen) {
        auto begin = message.msg_iovlen == 0 ? skip : 0;
        const auto& part = parts[message.msg_iovlen];
        buffers[message.msg_iovlen] = {const_cast<char*>(part.data()) + begin, part.size() - begin};
      }
      auto sent = sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return done;
        return system_error(errno, "write to " + to_string(peer_));
      }
      done += static_cast<std::size_t>(sent);
      skip += static_cast<std::size_t>(sent);
    }
  }

  void when_readable(ReadinessListener* listener) override { socket_.watch(false, read_watch_, listener); }
  void when_writable(ReadinessListener* listener) override { socket_.watch(true, write_watch_, listener); }

  void shutdown_write() override { ::shutdown(socket_.fd(), SHUT_WR); }
  void abort() override {
    aborted_ = true;
    ::shutdown(socket_.fd(), SHUT_RDWR);  // wakes fibers that wait for readiness
  }
  const SocketAddress& peer() const override { return peer_; }
  const SocketAddress& local() const override { return local_; }

 private:
  Socket socket_;
  SocketAddress peer_;
  SocketAddress local_;
  bool aborted_ = false;
  IoWatch read_watch_;
  IoWatch write_watch_;
};

class RealListener final : public Listener {
 public:
  RealListener(Reactor& reactor, Socket socket)
      : reactor_(reactor), socket_(std::move(socket)), local_(local_address(socket_.fd())) {}

  Result<std::unique_ptr<Connection>> accept() override {
    check_cancelled();
    for (;;) {
      if (closed_) return fail(Errc::closed, "listener " + to_string(local_));
      RawAddress peer;
      peer.size = sizeof peer.storage;
      int fd = accept4(socket_.fd(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) return std::make_unique<RealConnection>(Socket(reactor_, fd), address_of(peer.storage));
      if (closed_ || errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return system_error(errno, "accept at " + to_string(local_));
      socket_.wait(false, Deadline::never());
    }
  }

  void close() override {
    closed_ = true;
    ::shutdown(socket_.fd(), SHUT_RDWR);
  }
  const SocketAddress& local() const override { return local_; }

 private:
  Reactor& reactor_;
  Socket socket_;
  SocketAddress local_;
  bool closed_ = false;
};

Result<Socket> open_socket(Reactor& reactor, int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error(errno, "socket");
  return Socket(reactor, fd);
}

}  // namespace

Result<std::unique_ptr<Listener>> RealNetwork::listen(const SocketAddress& at, bool shared) {
  check_cancelled();
  FULMAR_TRY(auto raw, raw_address(at));
  FULMAR_TRY(auto socket, open_socket(reactor_, raw.storage.ss_family));
  set_option(socket.fd(), SOL_SOCKET, SO_REUSEADDR);
  if (shared) set_option(socket.fd(), SOL_SOCKET, SO_REUSEPORT);
  RealClock clock(reactor_);
  auto given_up = clock.now() + port_release_max;
  while (bind(socket.fd(), raw.get(), raw.size) != 0) {
    int error = errno;
    if (error != EADDRINUSE || clock.now() >= given_up) return system_error(error, "listen at " + to_string(at));
    clock.sleep_for(port_release_poll);
  }
  if (::listen(socket.fd(), listen_backlog) != 0) return system_error(errno, "listen at " + to_string(at));
  return std::make_unique<RealListener>(reactor_, std::move(socket));
}

Result<std::unique_ptr<Connection>> RealNetwork::connect(const SocketAddress& to, Deadline deadline) {
  check_cancelled();
  FULMAR_TRY(auto raw, raw_address(to));
  FULMAR_TRY(auto socket, open_socket(reactor_, raw.storage.ss_family));
  if (::connect(socket.fd(), raw.get(), raw.size) != 0) {
    if (errno != EINPROGRESS) return system_error(errno, "connect to " + to_string(to));
    if (socket.wait(true, deadline) == WaitResult::timed_out)
      return fail(Errc::timed_out, "connect to " + to_string(to));
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return system_error(error, "connect to " + to_string(to));
  }
  return std::make_unique<RealConnection>(std::move(socket), to);
}

Result<std::vector<SocketAddress>> RealNetwork::resolve(const std::string& host, std::uint16_t port,
                                                        Deadline deadline) {
  check_cancelled();
  if (raw_address({host, port})) return std::vector<SocketAddress>{{host, port}};
  FULMAR_TRY(auto addresses, resolver_.look_up(host, deadline));
  std::vector<SocketAddress> found;
  for (auto& address : addresses) found.push_back({std::move(address), port});
  return found;
}

}  // namespace fulmar
