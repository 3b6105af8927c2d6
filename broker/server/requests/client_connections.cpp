#include "broker/server/requests/client_connections.h"

#include <algorithm>

#include "broker/server/requests/connection.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr std::size_t fibers_max = 4096;  // of all shards, for each kind of work
constexpr std::size_t fibers_of_shard_min = 64;

std::size_t fibers_of_shard(const Host& host) {
  return std::max(fibers_of_shard_min, fibers_max / host.shard_count());
}

}  // namespace

ClientConnections::ClientConnections(BrokerShard& shard)
    : shard_(shard),
      scratch_(FrameAssembler::scratch_bytes),
      at_work_("request", fibers_of_shard(shard.host())),
      waiting_("wait for answer", fibers_of_shard(shard.host())),
      left_(1, [this](unsigned, std::vector<std::string> ips) {
        shard_.on(0, [&](BrokerShard& first) {
          for (const auto& ip : ips) first.connection_counts().leave(ip);
        });
      }) {}

ClientConnections::~ClientConnections() {
  close_all();
}

Result<std::vector<SocketAddress>> ClientConnections::listen(const std::vector<SocketAddress>& at) {
  const auto& listeners = shard_.config().listeners;
  FULMAR_ASSERT(at.size() == listeners.size() && acceptors_.empty());
  std::vector<SocketAddress> listening;
  for (std::size_t n = 0; n < at.size(); ++n) {
    const auto& listener = listeners[n];
    auto& acceptor = acceptors_.emplace_back(std::make_unique<Acceptor>(
        shard_.host(), shard_.strangers_log(),
        [this, &listener](std::unique_ptr<Connection> connection) { take(listener, std::move(connection)); }));
    FULMAR_TRY(auto address, acceptor->listen(at[n]));
    listening.push_back(std::move(address));
  }
  return listening;
}

void ClientConnections::start() {
  for (auto& acceptor : acceptors_) acceptor->start();
}

void ClientConnections::stop() {
  for (auto& acceptor : acceptors_) acceptor->stop();
  close_all();
  fibers_.cancel();
  fibers_.join();
  left_.close();
}

void ClientConnections::close_all() {
  stopping_ = true;
  while (!connections_.empty()) connections_.begin()->second->close();
  at_work_.drop(fibers_);
  waiting_.drop(fibers_);
}

void ClientConnections::take(const ListenerConfig& listener, std::unique_ptr<Connection> connection) {
  auto refuse = [&](std::string_view reason) {
    ++shard_.counts().connections_refused;
    shard_.strangers_log().warn("connection refused",
                                {{"peer", to_string(connection->peer())}, {"reason", std::string(reason)}});
  };
  if (!shard_.logs().make_room_for_a_connection()) return refuse("too many open files");
  auto ip = connection->peer().host;
  auto forbidden = shard_.on(0, [&](BrokerShard& first) -> std::string_view {
    // As in Kafka, those that are refused do not count against the rate.
    auto rate = connection_limit(first.image()->client_quotas, ip);
    const QuotaLimit limit{{{std::string(quota_of_ip), ip}}, rate.value_or(0)};
    if (rate && first.quota_meters().excess(QuotaKind::connections, limit, first.now()) > Duration(0)) {
      FULMAR_MARK("quota: too many connections of an address");
      ++first.counts().throttled.connections;
      return key_of(QuotaKind::connections);
    }
    auto why = first.connection_counts().admit(ip);
    if (why.empty() && rate) first.quota_meters().count(QuotaKind::connections, limit, 1, first.now());
    return why;
  });
  if (!forbidden.empty()) return refuse(forbidden);
  auto id = next_id_++;
  auto served = std::make_shared<ServedConnection>(shard_, *this, id, listener, std::move(connection));
  connections_.emplace(id, served);
  ++shard_.counts().connections;
  ++shard_.counts().connections_accepted;
  served->start();
}

void ClientConnections::closed(ServedConnection& connection) {
  if (!stopping_) left_.add(0, connection.peer().host);
  connections_.erase(connection.id());
  --shard_.counts().connections;
}

}  // namespace fulmar
