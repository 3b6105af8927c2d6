// Replicated groups in a simulated world, without the rest of a broker: on each machine a process with its logs, its
// replica managers and its listeners for peers; who belongs to a group is given. Each process writes to what it leads,
// and what was acknowledged is noted, to be found again on every machine at the end.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "broker/log/log_manager.h"
#include "broker/replication/peer_server.h"
#include "broker/replication/replica_manager.h"
#include "sim/world.h"

namespace fulmar {

class GroupWorld {
 public:
  GroupWorld(std::uint64_t seed, int machines, int groups, unsigned shards);

  void start(int machine);
  // One blow, or none: a process is killed, loses its power or comes back; a link is cut or mended, or reset.
  void disturb(Random& random);
  // All links are mended, and all processes there.
  void heal();
  // Stops all processes in order; false if one does not end.
  bool stop();

  // Whether a record of that value may be removed, by anybody and at any time.
  static bool may_go(std::string_view value);

  // What one machine has of each group, read when it stopped in order.
  struct Found {
    Offset log_start = 0;
    Offset commit = 0;
    Offset log_end = 0;
    std::map<Offset, std::pair<Epoch, std::string>> records;
    bool operator==(const Found&) const = default;
  };

  // What each process does with a replica that it has, until it is cancelled, instead of writing to what it leads.
  using Work = std::function<void(Host& host, int machine, int group, const std::shared_ptr<Replica>& replica)>;
  Work work;

  World world;
  bool writing = true;
  bool removing = false;  // of what is committed, on each machine by itself: see may_go()
  std::map<std::pair<int, Offset>, std::string> acknowledged;  // by group and offset
  std::map<std::pair<int, Epoch>, int> leaders;                // by group and epoch
  std::map<int, std::map<int, Found>> found;                   // by machine and group
  int removals = 0;                                            // that have put a segment in the place of others
  std::string violation;                                       // the first, of what may never be

 private:
  struct Shard;

  int run(Host& host, int machine);
  Result<void> open(Host& host, int machine, Shard& shard, const StoredStates& stored);
  void write(Host& host, int machine, int group, Shard& shard);
  Found read(Shard& shard, int group);
  void remove_some(Random& random, Replica& replica);
  ReplicaId id(int machine) const { return {machine, {77, static_cast<std::uint64_t>(machine) + 1}}; }
  SocketAddress address(int machine);
  unsigned owner(int group) const { return static_cast<unsigned>(group) % shards_; }

  int machines_;
  int groups_;
  unsigned shards_;
  int values_ = 0;
};

}  // namespace fulmar
