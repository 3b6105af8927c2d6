#include "scenarios/serve/outside/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace fulmar {

namespace {

constexpr int backlog = 128;
constexpr std::size_t read_bytes = 64 * 1024;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_transient(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

void set_on(int fd, int level, int option) {
  int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

}  // namespace

OutsideSockets::Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

void OutsideSockets::Socket::reset_on_close() const {
  linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

OutsideSockets::~OutsideSockets() = default;

Result<OutsideSockets> OutsideSockets::listen(const std::vector<std::uint16_t>& ports) {
  OutsideSockets all;
  for (auto port : ports) {
    auto problem = [&](const char* what) {
      auto code = errno == EADDRINUSE ? Errc::address_in_use : Errc::io_error;
      return fail(code, "port " + std::to_string(port) + " of 127.0.0.1 " + what + ": " + std::strerror(errno));
    };
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.fd() < 0) return problem("can't be listened at");
    set_on(socket.fd(), SOL_SOCKET, SO_REUSEADDR);
    auto address = loopback(port);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket.fd(), generic, size) != 0 || ::listen(socket.fd(), backlog) != 0 ||
        getsockname(socket.fd(), generic, &size) != 0)
      return problem("can't be listened at");
    all.ports_.push_back(ntohs(address.sin_port));
    all.listeners_.push_back(std::move(socket));
  }
  all.acceptable_.resize(ports.size());
  return all;
}

void OutsideSockets::wait(Duration timeout) {
  std::vector<pollfd> polled;
  short accepts = clients_.size() < connections_max ? POLLIN : 0;
  for (const auto& listener : listeners_) polled.push_back({listener.fd(), accepts, 0});
  for (const auto& [id, client] : clients_) {
    short events = 0;
    if (!client.has_ended && client.has_room) events |= POLLIN;
    if (!client.pending.empty()) events |= POLLOUT;
    polled.push_back({client.socket.fd(), events, 0});
  }
  timespec limit{.tv_sec = timeout / seconds(1), .tv_nsec = (timeout % seconds(1)).count()};
  if (ppoll(polled.data(), polled.size(), &limit, nullptr) < 0)
    for (auto& one : polled) one.revents = 0;
  std::size_t n = 0;
  for (std::size_t listener = 0; listener < listeners_.size(); ++listener, ++n)
    acceptable_[listener] = (polled[n].revents & POLLIN) != 0;
  for (auto& [id, client] : clients_) {
    auto happened = polled[n++].revents;
    client.is_readable = (happened & POLLIN) != 0;
    client.is_broken = (happened & (POLLERR | POLLHUP)) != 0 && !client.is_readable;
  }
}

void OutsideSockets::accept_from(std::size_t listener, const ServedSession& session, const Apply& apply) {
  while (clients_.size() < connections_max) {
    Socket socket(accept4(listeners_[listener].fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.fd() < 0) return;
    set_on(socket.fd(), IPPROTO_TCP, TCP_NODELAY);
    auto id = next_id_++;
    clients_.emplace(id, std::move(socket));
    apply({.at = session.now(), .connection = id, .what = OutsideEvent::What::opened, .count = listener});
  }
}

bool OutsideSockets::read(std::uint64_t id, Client& client, ServedSession& session, const Apply& apply) {
  auto room = session.room(id);
  client.has_room = room > 0;
  if (!client.is_readable || client.has_ended || room == 0) return false;
  std::array<char, read_bytes> buffer;
  auto count = recv(client.socket.fd(), buffer.data(), std::min(room, buffer.size()), 0);
  if (count > 0) {
    auto bytes = Bytes::copy_of({buffer.data(), static_cast<std::size_t>(count)});
    apply({.at = session.now(), .connection = id, .what = OutsideEvent::What::bytes, .bytes = std::move(bytes)});
    client.has_room = session.room(id) > 0;
    return true;
  }
  if (count == 0) {
    client.has_ended = true;
    apply({.at = session.now(), .connection = id, .what = OutsideEvent::What::ended});
    return true;
  }
  if (!is_transient(errno)) client.is_broken = true;
  return false;
}

bool OutsideSockets::write(std::uint64_t id, Client& client, ServedSession& session, const Apply& apply) {
  for (auto& bytes : session.take(id)) client.pending.push_back(std::move(bytes));
  bool moved = false;
  while (!client.pending.empty() && !client.is_broken) {
    auto& first = client.pending.front();
    auto count = send(client.socket.fd(), first.data(), first.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (!is_transient(errno)) client.is_broken = true;
      break;
    }
    moved = true;
    client.unreported += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) == first.size())
      client.pending.pop_front();
    else
      first = first.slice(static_cast<std::size_t>(count));
  }
  // Told in large parts, so that recordings are small; the session never waits for less than that.
  if (client.unreported >= Bridge::buffered_bytes_max / 2 && !client.is_broken)
    apply({.at = session.now(),
           .connection = id,
           .what = OutsideEvent::What::acknowledged,
           .count = std::exchange(client.unreported, 0)});
  return moved;
}

bool OutsideSockets::exchange(ServedSession& session, const Apply& apply) {
  bool moved = false;
  for (std::size_t listener = 0; listener < listeners_.size(); ++listener)
    if (acceptable_[listener]) accept_from(listener, session, apply);
  for (auto at = clients_.begin(); at != clients_.end();) {
    auto& [id, client] = *at;
    moved |= read(id, client, session, apply);
    moved |= write(id, client, session, apply);
    auto state = session.state(id);
    bool is_over = state == Bridge::State::ended && client.pending.empty();
    if (!is_over && state != Bridge::State::broken && !client.is_broken) {
      ++at;
      continue;
    }
    if (state == Bridge::State::broken) client.socket.reset_on_close();
    apply({.at = session.now(), .connection = id, .what = OutsideEvent::What::closed});
    at = clients_.erase(at);
    moved = true;
  }
  return moved;
}

}  // namespace fulmar
