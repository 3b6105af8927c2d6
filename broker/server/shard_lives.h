// ShardLives: the shards of a broker from their beginning to their end. Each lives in a fiber on its own shard, with
// the connections of its clients.
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

  // Begins all of them. Errors: those of the first that could not, as BrokerShard::open.
  Result<void> open();
  // All of them listen at the same address, which is returned with its port. Errors: as Network::listen.
  Result<SocketAddress> listen(SocketAddress at);
  // Calls work(BrokerShard&, ClientConnections&) on each of them, one after the other.
  template <class F>
  void on_each(F&& work) {
    for (unsigned n = 0; n < host_.shard_count(); ++n)
      broker_.shards[0]->on(n, [&](BrokerShard& shard) { work(shard, *lives_[n]->clients); });
  }
  // Ends their connections and what they do by themselves. No shard may go while another still serves clients, whose
  // requests reach all of them.
  void stop();
  // Closes their logs and ends them. Whether all were closed in order.
  bool close();

 private:
  // The events are the shard's own.
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
