// SimNetwork: byte streams between simulated machines, over links that are slow, cut, clogged or lie about being there.
//
// Model. A link is an ordered pair of machines. What is written is cut into segments at places the seed chooses; each
// direction of a connection delivers its segments in order, each after the link's latency and its share of bandwidth.
// Over a cut link a segment is tried again until the link heals, or, after `retransmit_max`, until the sender's
// connection breaks (TCP's user timeout). A receiver that does not read closes its window. A machine that lost power
// knows its old connections no more: whoever still sends on one gets a reset once the machine is up again, and hears
// nothing before.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/host/network.h"
#include "sim/scheduler.h"

namespace fulmar {

struct LinkFaults {
  Duration latency_min = microseconds(100);
  Duration latency_max = microseconds(500);
  std::int64_t bytes_per_ms = 1'000'000;  // 1 GB/s
  bool cut = false;                       // nothing gets through, and nobody is told
  bool refused = false;                   // new connections are refused
  Instant clogged_until;                  // what is sent arrives after this

  bool operator==(const LinkFaults&) const = default;
};

class SimConnection;
class SimListener;
struct SimStream;

class SimNetwork {
 public:
  SimNetwork(SimScheduler& scheduler, Trace& trace, Random random);
  ~SimNetwork();

  // A machine, named and numbered from 0 in the order of adding; its address is 10.0.0.(number + 1).
  void add_machine(const std::string& name);
  static std::string address_of(std::size_t machine);

  LinkFaults& link(std::size_t from, std::size_t to) { return links_[{from, to}]; }
  // After links have got faster: what is under way comes as they are now, and not when they once promised it.
  void pace_again();
  // Breaks all connections between two machines (the same twice: all of one), as a middlebox would.
  void reset_connections(std::size_t a, std::size_t b);
  // The machine's power is gone: its sockets with it, unsaid. Up again, it answers what it does not know with a reset.
  void power_loss(std::size_t machine);
  void set_up(std::size_t machine, bool up) { machines_[machine].up = up; }

  std::int64_t open_connections() const { return open_connections_; }
  std::size_t open_connections_of(std::size_t machine) const { return machines_[machine].open_connections; }

  // For the Network of a process (sim/process.h).
  Result<std::unique_ptr<Listener>> listen(std::size_t machine, const SocketAddress& at, bool shared);
  Result<std::unique_ptr<Connection>> connect(std::size_t machine, const SocketAddress& to, Deadline deadline);
  Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port) const;

 private:
  friend class SimConnection;
  friend class SimListener;
  friend struct SimStream;

  struct Machine {
    std::string name;
    bool up = true;
    std::uint16_t next_port = 40000;
    std::size_t open_connections = 0;
    std::multimap<std::uint16_t, SimListener*> listeners;
  };
  Duration latency(const LinkFaults& link) {
    return Duration(random_.between(link.latency_min.count(), link.latency_max.count()));
  }
  std::optional<std::size_t> machine_at(const std::string& host) const;

  SimScheduler& scheduler_;
  Trace& trace_;
  Random random_;
  std::vector<Machine> machines_;
  std::map<std::pair<std::size_t, std::size_t>, LinkFaults> links_;
  std::vector<std::weak_ptr<SimStream>> streams_;  // the ended ones among them, until they are half of it
  std::size_t clear_streams_at_ = 64;
  std::uint64_t next_stream_ = 0;
  std::int64_t open_connections_ = 0;
};

}  // namespace fulmar
