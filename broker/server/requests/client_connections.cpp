#include "broker/server/requests/client_connections.h"

#include <algorithm>

#include "broker/server/requests/connection.h"
#include "broker/server/requests/sasl_servers.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t fibers_max = 4096;  // of all shards, for each kind of work
constexpr std::size_t fibers_of_shard_min = 64;
// Of a shard: for what strangers have sent of their requests.
constexpr std::int64_t strangers_bytes_max = 32 << 20;

std::size_t fibers_of_shard(const Host& host) {
  return std::max(fibers_of_shard_min, fibers_max / host.shard_count());
}

}  // namespace

ClientConnections::ClientConnections(BrokerShard& shard)
    : shard_(shard),
      tls_(shard.broker().tls),
      scratch_(FrameAssembler::scratch_bytes),
      strangers_memory_(strangers_bytes_max, 0),
      at_work_("request", fibers_of_shard(shard.host())),
      waiting_("wait for answer", fibers_of_shard(shard.host())),
      left_(1,
            [this](unsigned, std::vector<std::string> ips) {
              shard_.on(0, [&](BrokerShard& first) {
                for (const auto& ip : ips) first.connection_counts().leave(ip);
              });
            }),
      unknown_keys_(1,
                    [this](unsigned, std::vector<std::string> key_ids) {
                      auto ask_for = ask_for_keys_;  // which this shard may replace meanwhile
                      shard_.on(0, [&](BrokerShard&) { ask_for(key_ids); });
                    }),
      handshakes_(shard.host(), shard.strangers_log(), shard.counts()) {}

ClientConnections::~ClientConnections() {
  close_all();
}

Result<std::vector<SocketAddress>> ClientConnections::listen(const std::vector<SocketAddress>& at) {
  FULMAR_ASSERT(at.size() == shard_.config().listeners.size() && acceptors_.empty());
  std::vector<SocketAddress> listening;
  for (std::size_t n = 0; n < at.size(); ++n) {
    auto& sasl = sasl_.emplace_back();
    if (uses_sasl(shard_.config().listeners[n].protocol)) {
      FULMAR_TRY(auto settings, SaslSettings::from(shard_.config().properties, shard_.config().listeners[n].name));
      sasl = std::make_unique<SaslServers>(shard_, std::move(settings),
                                           [this](std::string id) { unknown_keys_.add(0, std::move(id)); });
    }
    auto& acceptor = acceptors_.emplace_back(std::make_unique<Acceptor>(
        shard_.host(), shard_.strangers_log(),
        [this, n](std::unique_ptr<Connection> connection) { take(n, std::move(connection)); }));
    FULMAR_TRY(auto address, acceptor->listen(at[n]));
    listening.push_back(std::move(address));
  }
  return listening;
}

void ClientConnections::use_token_keys(const std::shared_ptr<const JsonWebKeys>& keys, AskForKeys ask_for) {
  ask_for_keys_ = std::move(ask_for);
  for (auto& sasl : sasl_)
    if (sasl) sasl->use_token_keys(keys);
}

void ClientConnections::start() {
  for (auto& acceptor : acceptors_) acceptor->start();
}

void ClientConnections::stop() {
  for (auto& acceptor : acceptors_) acceptor->stop();
  handshakes_.stop();
  close_all();
  fibers_.cancel();
  fibers_.join();
  left_.close();
  unknown_keys_.close();
}

void ClientConnections::close_all() {
  stopping_ = true;
  while (!connections_.empty()) connections_.begin()->second->close();
  at_work_.drop(fibers_);
  waiting_.drop(fibers_);
}

void ClientConnections::take(std::size_t listener, std::unique_ptr<Connection> connection) {
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
  const auto& guard = tls_[listener];
  if (!guard) return serve(listener, std::move(connection), {});
  auto deadline = shard_.host().clock().deadline_in(shard_.config().listeners[listener].tls.handshake_max);
  handshakes_.begin(guard, std::move(connection), deadline,
                    [this, listener, ip](std::unique_ptr<Connection> through, Principal principal) {
                      if (through)
                        serve(listener, std::move(through), std::move(principal));
                      else if (!stopping_)
                        left_.add(0, ip);
                    });
}

void ClientConnections::serve(std::size_t listener, std::unique_ptr<Connection> connection, Principal principal) {
  auto id = next_id_++;
  auto served = std::make_shared<ServedConnection>(shard_, *this, id, shard_.config().listeners[listener],
                                                   sasl_[listener].get(), std::move(connection), std::move(principal));
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
