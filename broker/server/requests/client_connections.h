// ClientConnections: the connections of a shard's clients, and what they share: the fibers that work for them, and the
// memory that the shard has for their requests and answers.
//
// Who comes in is refused (the connection is closed, and one line says so) before descriptors run out, and beyond
// max.connections and max.connections.per.ip, which count the whole broker's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "broker/net/acceptor.h"
#include "broker/net/outbox.h"
#include "runtime/base/bytes.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/work_queue.h"

namespace fulmar {

class BrokerShard;
class ServedConnection;

class ClientConnections {
 public:
  explicit ClientConnections(BrokerShard& shard);
  ~ClientConnections();

  // Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at) { return acceptor_.listen(at); }
  void start() { acceptor_.start(); }
  // Nobody comes in any more, and all connections end, with their work; waits for that.
  void stop();

  std::size_t size() const { return connections_.size(); }

  // -- For the connections.
  MutableBytes& scratch() { return scratch_; }
  // Has `task` run in a fiber soon.
  void run(FiberTask task) { at_work_.run(fibers_, std::move(task)); }
  // The same for what only waits, so that it holds back nobody who works.
  void wait_in_fiber(FiberTask task) { waiting_.run(fibers_, std::move(task)); }
  void closed(ServedConnection& connection);

 private:
  void take(std::unique_ptr<Connection> connection);
  void close_all();

  BrokerShard& shard_;
  MutableBytes scratch_;
  WorkQueue at_work_;
  WorkQueue waiting_;
  std::map<std::uint64_t, std::shared_ptr<ServedConnection>> connections_;
  std::uint64_t next_id_ = 0;
  Outbox<std::string> left_;  // addresses of those that went, for shard 0
  bool stopping_ = false;
  FiberGroup fibers_;
  Acceptor acceptor_;
};

}  // namespace fulmar
