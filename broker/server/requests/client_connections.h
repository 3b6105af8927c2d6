// ClientConnections: the client connections of a shard, and what they share: worker fibers, and memory for requests and
// responses.
//
// A new connection is closed, with one line in the log, if descriptors would run out, or beyond max.connections and
// max.connections.per.ip, which apply to the whole broker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/net/acceptor.h"
#include "broker/net/memory_budget.h"
#include "broker/net/outbox.h"
#include "broker/security/principal.h"
#include "broker/server/requests/tls_handshakes.h"
#include "runtime/base/bytes.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/work_queue.h"

namespace fulmar {

class BrokerShard;
class JsonWebKeys;
class SaslServers;
class ServedConnection;

class ClientConnections {
 public:
  explicit ClientConnections(BrokerShard& shard);
  ~ClientConnections();

  // Listens at the addresses, one for each listener of the configuration; once. Returns them with their ports. Errors:
  // as Network::listen.
  Result<std::vector<SocketAddress>> listen(const std::vector<SocketAddress>& at);
  // For connections to that listener, which uses TLS, that begin from now on.
  void use_tls(std::size_t listener, std::shared_ptr<const TlsGuard> guard) { tls_[listener] = std::move(guard); }
  // For tokens that come from now on, on all listeners. `ask_for` is called on shard 0 with the ids of keys that tokens
  // name and nobody knows; it must not wait.
  using AskForKeys = std::function<void(const std::vector<std::string>& key_ids)>;
  void use_token_keys(const std::shared_ptr<const JsonWebKeys>& keys, AskForKeys ask_for);
  // Begins to accept connections.
  void start();
  // Accepts no more connections, ends all, and waits for their work to end.
  void stop();

  std::size_t size() const { return connections_.size(); }

  // -- For the connections.
  MutableBytes& scratch() { return scratch_; }
  // For the requests of those who have yet to authenticate, so that they take none from those who have.
  MemoryBudget& strangers_memory() { return strangers_memory_; }
  // Runs `task` in a fiber soon.
  void run(FiberTask task) { at_work_.run(fibers_, std::move(task)); }
  // The same for a task that only waits, so that it takes no fiber from tasks that work.
  void wait_in_fiber(FiberTask task) { waiting_.run(fibers_, std::move(task)); }
  void closed(ServedConnection& connection);

 private:
  void take(std::size_t listener, std::unique_ptr<Connection> connection);
  void serve(std::size_t listener, std::unique_ptr<Connection> connection, Principal principal);
  void close_all();

  BrokerShard& shard_;
  std::vector<std::shared_ptr<const TlsGuard>> tls_;  // one for each listener; null for those in plain text
  std::vector<std::unique_ptr<SaslServers>> sasl_;    // one for each listener; null for those without SASL
  MutableBytes scratch_;
  MemoryBudget strangers_memory_;
  WorkQueue at_work_;
  WorkQueue waiting_;
  std::map<std::uint64_t, std::shared_ptr<ServedConnection>> connections_;
  std::uint64_t next_id_ = 0;
  Outbox<std::string> left_;          // addresses of closed connections, for shard 0
  Outbox<std::string> unknown_keys_;  // that tokens name, likewise
  AskForKeys ask_for_keys_;
  bool stopping_ = false;
  FiberGroup fibers_;
  TlsHandshakes handshakes_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;  // one for each listener
};

}  // namespace fulmar
