// SimNetwork: byte streams between simulated machines, over links that can be slow, cut or clogged.
//
// Model. A link is an ordered pair of machines. Written bytes are cut into segments at places chosen by the seed; each
// direction of a connection delivers its segments in order, after the link's latency and its share of the bandwidth.
// Over a cut link a segment is retried until the link heals or, after `retransmit_max`, the sender's connection breaks
// (TCP's user timeout). A receiver that does not read closes its window. A machine that lost power has forgotten its
// connections: whoever still sends on one gets a reset once the machine is up again, and no notice before.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/host/network.h"
#include "sim/scheduler.h"

namespace fulmar {

// One direction of a connection, as it is now, for people who look at a world.
struct StreamSight {
  std::uint64_t connection;
  std::size_t from, to;                // machines
  std::vector<std::string> under_way;  // what was sent and has not arrived, in order, by name if the life is observed
  std::size_t bytes_under_way;
  Instant next_due;          // when the first of these arrives, if nothing hinders it
  std::size_t bytes_unread;  // that have arrived
  bool stuck;                // it is sent again and again, since the link is cut or the machine is down
};

struct LinkFaults {
  Duration latency_min = microseconds(100);
  Duration latency_max = microseconds(500);
  std::int64_t bytes_per_ms = 1'000'000;  // 1 GB/s
  bool cut = false;                       // nothing passes, without notice
  bool refused = false;                   // new connections are refused
  Instant clogged_until;                  // messages arrive after this

  bool operator==(const LinkFaults&) const = default;
};

class SimConnection;
class SimListener;
struct SimStream;

class SimNetwork {
 public:
  SimNetwork(SimScheduler& scheduler, Trace& trace, Random random);
  ~SimNetwork();

  // What it draws from now on comes from this stream.
  void reseed(const Random& random) { random_ = random; }

  // A machine, named and numbered from 0 in the order of adding; its address is 10.0.0.(number + 1).
  void add_machine(const std::string& name);
  static std::string address_of(std::size_t machine);

  LinkFaults& link(std::size_t from, std::size_t to) { return links_[{from, to}]; }
  // The faults of a link, which apply from the next segment on.
  // To be called when links have become faster: delivers messages in flight at the new speed.
  void pace_again();
  // Breaks all connections between two machines (if equal, all of one machine), as a middlebox would.
  void reset_connections(std::size_t a, std::size_t b);
  // Removes the machine's sockets without notice. Once it is up again, it resets connections that it does not know.
  void power_loss(std::size_t machine);
  void set_up(std::size_t machine, bool up) { machines_[machine].up = up; }

  // Names what is sent, for happenings: the next bytes of a connection in one direction. Called only if the life is
  // observed; without it, all of that is "data".
  using Namer = std::function<std::string(std::uint64_t connection, bool from_client, std::string_view bytes)>;
  void set_namer(Namer namer) { namer_ = std::move(namer); }

  // Those directions that have something under way or unread, by connection.
  std::vector<StreamSight> busy_streams() const;

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
  // A name, kept for as long as the network.
  std::string_view name_of(std::uint64_t connection, bool from_client, std::string_view bytes);
  std::optional<std::size_t> machine_at(const std::string& host) const;

  SimScheduler& scheduler_;
  Trace& trace_;
  Random random_;
  std::vector<Machine> machines_;
  std::map<std::pair<std::size_t, std::size_t>, LinkFaults> links_;
  std::vector<std::weak_ptr<SimStream>> streams_;  // with ended ones, until these are half of them
  std::size_t clear_streams_at_ = 64;
  std::uint64_t next_stream_ = 0;
  std::int64_t open_connections_ = 0;
  Namer namer_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace fulmar
