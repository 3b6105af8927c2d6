// OutsideSockets: the real listeners of a session of `serve` on loopback, and the connections of real clients. Without
// fibers: the thread's only fibers are those of the simulated world.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "runtime/base/result.h"
#include "scenarios/serve/session.h"

namespace fulmar {

class OutsideSockets {
 public:
  // Listens at 127.0.0.1 at each of the ports; 0: a free one. Errors: address_in_use and io_error, in one sentence.
  static Result<OutsideSockets> listen(const std::vector<std::uint16_t>& ports);
  OutsideSockets(OutsideSockets&& other) noexcept = default;
  OutsideSockets& operator=(OutsideSockets&&) = delete;
  ~OutsideSockets();

  const std::vector<std::uint16_t>& ports() const { return ports_; }

  // Waits until something can be read, written or accepted, for `timeout` at most, or until a signal.
  void wait(Duration timeout);
  // Moves what there is in both directions, and reports what comes to the session, at its present time: `apply` has to
  // apply the event. The n-th listener is the session's.
  using Apply = std::function<void(OutsideEvent event)>;
  // Returns whether anything was moved.
  bool exchange(ServedSession& session, const Apply& apply);

 private:
  static constexpr std::size_t connections_max = 1000;

  // Closes its descriptor.
  class Socket {
   public:
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket();
    int fd() const { return fd_; }
    void reset_on_close() const;

   private:
    int fd_;
  };
  struct Client {
    explicit Client(Socket s) : socket(std::move(s)) {}
    Socket socket;
    bool is_readable = false;
    bool is_broken = false;
    bool has_ended = false;  // it sends no more
    bool has_room = true;    // the session takes more of it
    std::deque<Bytes> pending;
    std::size_t unreported = 0;  // bytes that it has taken, and that the session was not told of
  };

  OutsideSockets() = default;
  void accept_from(std::size_t listener, const ServedSession& session, const Apply& apply);
  bool read(std::uint64_t id, Client& client, ServedSession& session, const Apply& apply);
  bool write(std::uint64_t id, Client& client, ServedSession& session, const Apply& apply);

  std::vector<Socket> listeners_;
  std::vector<bool> acceptable_;
  std::vector<std::uint16_t> ports_;
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_id_ = 1;
};

}  // namespace fulmar
