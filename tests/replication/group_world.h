// Replicated groups in a simulated world, without the rest of a broker: each machine has a process with logs, replica
// managers and listeners for peers; members are fixed. Each process writes to the groups that it leads; acknowledged
// records must be on every machine at the end.
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
  // At most one fault: a process is killed, loses power or restarts; a link is cut, healed or reset.
  void disturb(Random& random);
  // Heals all links, and starts all processes.
  void heal();
  // Stops all processes in order; false if one does not end.
  bool stop();

  // Whether a record with that value may be removed, on any replica at any time.
  static bool may_go(std::string_view value);

  // A machine's records of each group, read after it stopped in order.
  struct Found {
    Offset log_start = 0;
    Offset commit = 0;
    Offset log_end = 0;
    std::map<Offset, std::pair<Epoch, std::string>> records;
    bool operator==(const Found&) const = default;
  };

  // What each process does with each of its replicas, until it is cancelled, instead of writing to those that lead.
  using Work = std::function<void(Host& host, int machine, int group, const std::shared_ptr<Replica>& replica)>;
  Work work;

  World world;
  bool writing = true;
  bool removing = false;  // whether committed records are removed, on each machine independently: see may_go()
  std::map<std::pair<int, Offset>, std::string> acknowledged;  // by group and offset
  std::map<std::pair<int, Epoch>, int> leaders;                // by group and epoch
  std::map<int, std::map<int, Found>> found;                   // by machine and group
  int removals = 0;                                            // how often a segment has replaced others
  std::string violation;                                       // the first violation

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
