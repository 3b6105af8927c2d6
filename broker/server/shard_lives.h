// ShardLives: begins and ends the shards of a broker. Each runs in a fiber on its own shard, with its client
// connections.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "broker/server/requests/client_connections.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"

namespace fulmar {

// On shard 0, whose host this is; one call at a time, in this order.
class ShardLives {
 public:
  ShardLives(Host& host, Broker& broker);

  // Begins all shards. Errors: the first shard's that failed, as BrokerShard::open.
  Result<void> open();
  // Has all shards listen at the same addresses, one for each listener of the configuration; returns them with their
  // ports. Errors: as Network::listen.
  Result<std::vector<SocketAddress>> listen(std::vector<SocketAddress> at);
  // Calls work(BrokerShard&, ClientConnections&) on each shard, one after the other.
  template <class F>
  void on_each(F&& work) {
    for (unsigned n = 0; n < host_.shard_count(); ++n)
      broker_.shards[0]->on(n, [&](BrokerShard& shard) { work(shard, *lives_[n]->clients); });
  }
  // Ends connections and background work on all shards. No shard may end while another still serves clients, whose
  // requests reach all shards.
  void stop();
  // Closes the logs and ends the shards. Returns whether all logs were closed in order.
  bool close();

 private:
  // The events belong to the shard.
  struct Life {
    Event stop;
    Event close;
    Result<void> opened;
    ClientConnections* clients = nullptr;
    bool clean = false;
  };
  void live(unsigned n);

  Host& host_;
  Broker& broker_;
  std::vector<std::unique_ptr<Life>> lives_;
  std::size_t opened_ = 0;
  std::size_t quiet_ = 0;
  std::size_t ended_ = 0;
  Condition progress_;
  FiberGroup fibers_;
};

}  // namespace fulmar
