// Bridge: carries connections from outside of the simulated world into it. It runs as a process on a simulated machine,
// and for each connection from outside it makes one over the simulated network, whose faults therefore concern clients
// outside too, and passes bytes on both ways, through bounded buffers.
//
// The outside calls give() and the like between runs of the world; then the world is the same whenever the same calls
// are made at the same virtual times.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/fiber/condition.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

class Bridge {
 public:
  static constexpr std::size_t buffered_bytes_max = 256 * 1024;  // per connection and direction

  // The process' main: until it is killed.
  int run(Host& host);

  // -- From outside, between runs. Ids are unique.
  void open(std::uint64_t id, SocketAddress to);
  // Bytes that the outside has sent; not more than room().
  void give(std::uint64_t id, Bytes bytes);
  // The outside sends no more.
  void end(std::uint64_t id);
  // The outside is gone: nothing more is given or taken.
  void close(std::uint64_t id);
  // The outside has got rid of so many bytes of take().
  void acknowledge(std::uint64_t id, std::size_t bytes);

  std::size_t room(std::uint64_t id) const;
  // The bytes of take(), and those still to be taken, that are not acknowledged.
  std::size_t unacknowledged(std::uint64_t id) const { return link(id).outward_bytes; }
  // What is to be sent to the outside.
  std::vector<Bytes> take(std::uint64_t id);
  // How the world's side is: open; it has ended, after what take() gives; it was refused or reset.
  enum class State : std::uint8_t { open, ended, broken };
  State state(std::uint64_t id) const;

 private:
  struct Link {
    SocketAddress to;
    std::deque<Bytes> inward;
    std::size_t inward_bytes = 0;
    bool inward_ended = false;
    std::vector<Bytes> outward;
    std::size_t outward_bytes = 0;  // that the outside has not acknowledged
    bool gone = false;              // the outside
    State state = State::open;
    Condition changed;

    bool is_over() const { return gone || state != State::open; }
    void finish(State how) {
      if (state == State::open) state = how;
      changed.notify_all();
    }
  };

  static void carry(Host& host, const std::shared_ptr<Link>& link);
  static void carry_inward(Connection& connection, Link& link);
  static void carry_outward(Connection& connection, Link& link);
  const Link& link(std::uint64_t id) const { return *links_.at(id); }

  std::map<std::uint64_t, std::shared_ptr<Link>> links_;  // until close()
  std::deque<std::shared_ptr<Link>> opened_;
  Condition any_opened_;
};

}  // namespace fulmar
