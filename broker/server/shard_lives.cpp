#include "broker/server/shard_lives.h"

#include <algorithm>

#include "broker/server/requests/marker_sender.h"
#include "broker/server/requests/transaction_verifier.h"

namespace fulmar {

ShardLives::ShardLives(Host& host, Broker& broker) : host_(host), broker_(broker), lives_(host.shard_count()) {
  broker_.shards.resize(host.shard_count());
}

void ShardLives::live(unsigned n) {
  lives_[n] = std::make_unique<Life>();
  auto& life = *lives_[n];
  host_.on_shard(n, [&](Host& there) {
    BrokerShard shard(there, broker_);
    ClientConnections clients(shard);
    MarkerSender markers(shard);
    TransactionVerifier verifier(shard);
    broker_.shards[n] = &shard;
    life.clients = &clients;
    life.opened = shard.open();
    markers.start();
    shard.set_transaction_verification(&verifier);
    auto tell = [&](std::size_t& count) {
      there.post(0, nullptr, [this, &count](Host&) {
        ++count;
        progress_.notify_all();
      });
    };
    tell(opened_);
    life.stop.wait();
    clients.stop();
    markers.stop();
    shard.stop();
    tell(quiet_);
    life.close.wait();
    life.clean = shard.close();
  });
  ++ended_;
  progress_.notify_all();
}

Result<void> ShardLives::open() {
  for (unsigned n = 0; n < host_.shard_count(); ++n) fibers_.spawn("shard", [this, n] { live(n); });
  progress_.wait([this] { return opened_ == host_.shard_count(); });
  for (auto& life : lives_) FULMAR_TRY_VOID(life->opened);
  return {};
}

Result<std::vector<SocketAddress>> ShardLives::listen(std::vector<SocketAddress> at) {
  for (unsigned n = 0; n < host_.shard_count(); ++n) {
    auto listening = host_.on_shard(n, [&](Host&) {
      auto addresses = lives_[n]->clients->listen(at);
      if (addresses) broker_.shards[n]->start();
      return addresses;
    });
    FULMAR_TRY(at, std::move(listening));
  }
  return at;
}

void ShardLives::stop() {
  for (unsigned n = 0; n < host_.shard_count(); ++n) host_.on_shard(n, [&](Host&) { lives_[n]->stop.set(); });
  progress_.wait([this] { return quiet_ == host_.shard_count(); });
}

bool ShardLives::close() {
  for (unsigned n = 0; n < host_.shard_count(); ++n) host_.on_shard(n, [&](Host&) { lives_[n]->close.set(); });
  progress_.wait([this] { return ended_ == host_.shard_count(); });
  return std::ranges::all_of(lives_, [](const auto& life) { return life->clean; });
}

}  // namespace fulmar
