#include "broker/server/broker.h"

#include "broker/cluster/metadata_records.h"
#include "broker/server/broker_shard.h"
#include "broker/server/controller.h"
#include "broker/server/identity.h"
#include "broker/server/listen_address.h"
#include "broker/server/membership.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::string_view lock_file = ".lock";
constexpr std::string_view clean_stop_file = ".clean-stop";
constexpr Duration address_wait_max = seconds(3);
constexpr Duration address_retry_interval = milliseconds(50);

// Whether the last process stopped in order. The mark is taken away before anything is changed.
Result<bool> take_clean_stop_mark(Disk& disk) {
  auto removed = disk.remove(clean_stop_file);
  if (!removed && removed.error().code == Errc::not_found) return false;
  if (!removed) return std::unexpected(removed.error());
  TRY_VOID(disk.sync_directory(""));
  return true;
}

// A shard's life. It serves until `stop`, keeps its logs open for the other shards until `close`, and says in `clean`
// how it went. The events are the shard's own.
struct ShardLife {
  Event stop;
  Event close;
  Result<void> opened;
  bool clean = false;
};

// Shards share their address, and could share it with another process without a word: so it is first seen to be free.
// The sockets of a killed process may live on for a moment (the kernel takes its time with an io_uring), so this tries
// for a while.
Result<SocketAddress> free_address(Host& host, const SocketAddress& wanted) {
  TRY(auto at, listen_address(host, wanted));
  auto give_up = host.clock().now() + address_wait_max;
  for (;;) {
    auto alone = host.network().listen(at);
    if (alone) return (*alone)->local();
    if (alone.error().code != Errc::address_in_use || host.clock().now() >= give_up)
      return std::unexpected(alone.error());
    host.clock().sleep_for(address_retry_interval);
  }
}

Result<void> addresses_are_free(Host& host, const BrokerConfig& config) {
  std::vector<SocketAddress> wanted{config.listen};
  if (!config.controllers.empty()) wanted.push_back(config.listen_internal);
  for (const auto& address : wanted)
    if (auto free = free_address(host, address); !free)
      return fail(free.error().code, "can't listen: " + free.error().detail);
  return {};
}

}  // namespace

Result<void> run_broker(Host& host, const BrokerConfig& config, const std::function<void(const SocketAddress&)>& ready,
                        BrokerObserver* observer) {
  auto log = host.log().named("broker");
  auto& disk = host.disk();
  auto lock = disk.lock(lock_file);
  if (!lock) {
    if (lock.error().code == Errc::exists) return fail(Errc::exists, "the data directory is in use by another broker");
    return std::unexpected(lock.error());
  }
  // Before the directory becomes this node's: one that is started by mistake where another listens leaves no trace.
  TRY_VOID(addresses_are_free(host, config));
  TRY(auto identity, Identity::take(host, config.node_id));
  TRY(bool clean, take_clean_stop_mark(disk));
  TRY_VOID(LogManager::remove_leftovers(disk));

  TRY(auto stored, HardStateStore::load(disk));
  if (!stored.earlier.empty())
    return fail(
        Errc::unsupported,
        "the data directory is of an earlier release: `fulmar log upgrade DIR` converts it, once all brokers of "
        "the cluster are stopped");
  const bool by_itself = config.controllers.empty();  // then it has promised nobody anything
  for (const auto& file : stored.damage)
    if (!by_itself)
      log.error("damaged terms and votes: this broker's replicas have no vote until others have given them all anew",
                {{"file", file}});
  if (!stored.damage.empty()) HardStateStore::lose_promises(stored.states, [&] { return host.entropy().next(); });

  Broker broker{.config = config,
                .advertised = {},
                .shards = {},
                .self = {config.node_id, identity.directory()},
                .incarnation = random_uuid(host.entropy()),
                .cluster_id = identity.cluster_id(),
                .stored = std::move(stored),
                .observer = observer};
  broker.shards.resize(host.shard_count());

  // Each shard's BrokerShard lives in a fiber of that shard, and tells this one how far it is. No shard may go while
  // another still serves clients: their requests reach all of them.
  std::vector<std::unique_ptr<ShardLife>> lives;
  std::size_t opened = 0;
  std::size_t quiet = 0;
  std::size_t ended = 0;
  Condition progress;
  FiberGroup shards;
  for (unsigned n = 0; n < host.shard_count(); ++n) lives.push_back(nullptr);
  for (unsigned n = 0; n < host.shard_count(); ++n) {
    shards.spawn("shard", [&, n] {
      lives[n] = std::make_unique<ShardLife>();
      auto& life = *lives[n];
      host.on_shard(n, [&](Host& there) {
        BrokerShard shard(there, broker);
        broker.shards[n] = &shard;
        life.opened = shard.open();
        there.post(0, nullptr, [&](Host&) {
          ++opened;
          progress.notify_all();
        });
        life.stop.wait();
        shard.stop_serving();
        there.post(0, nullptr, [&](Host&) {
          ++quiet;
          progress.notify_all();
        });
        life.close.wait();
        life.clean = shard.close();
      });
      ++ended;
      progress.notify_all();
    });
  }
  progress.wait([&] { return opened == host.shard_count(); });

  // Set when it is to end: it is asked to, or it can't go on, and why.
  Event stop;
  std::optional<Error> failure;
  auto give_up = [&](Error why) {
    log.error("broker can't go on", {{"reason", why.detail}});
    failure = std::move(why);
    stop.set();
  };

  // What was promised is known everywhere: then what there is, and its partitions. Only now may clients come.
  std::optional<MetadataLog> metadata;
  std::optional<Membership> membership;
  std::optional<Controller> controller;
  // Another cluster's metadata would have partitions removed here.
  auto may_apply = [&](const MetadataImage& image) {
    if (failure) return false;
    if (image.cluster_id.empty()) return true;
    auto joined = identity.join(disk, image.cluster_id);
    if (joined) return true;
    if (joined.error().code == Errc::invalid_argument) {
      give_up(joined.error());
      return false;
    }
    log.warn("the cluster's id can't be kept yet", {{"reason", to_string(joined.error())}});
    return true;
  };
  auto open_all = [&]() -> Result<void> {
    for (auto& life : lives)
      if (!life->opened) return life->opened;
    if (!broker.stored.files.empty()) TRY_VOID(HardStateStore::remove_files(disk, broker.stored.files));
    auto& first = *broker.shards[0];
    metadata.emplace(
        host, first.logs(), first.replicas(), first.peers(),
        MetadataLogConfig{config.metadata_raft, config.metadata_snapshot_bytes, config.metadata_segment_bytes});
    broker.metadata = &*metadata;
    first.peers().founders = [&] { return metadata->founders(); };
    first.peers().controller = [&] { return metadata->controller().value_or(-1); };
    std::vector<std::int32_t> controllers;
    for (const auto& [id, address] : config.controllers) controllers.push_back(id);
    TRY_VOID(metadata->open(controllers, clean));
    if (!may_apply(*metadata->image())) return std::unexpected(*failure);
    // What a broker of a cluster remembers of the metadata may be old: by that, nothing is opened and nothing removed.
    bool first_is_clean = clean;
    if (controllers.empty()) apply_everywhere(broker, host, metadata->image(), std::exchange(first_is_clean, false));
    metadata->start(
        [&, first_is_clean](const MetadataImagePtr& image) mutable {
          if (!may_apply(*image)) return;
          apply_everywhere(broker, host, image, std::exchange(first_is_clean, false));
          if (broker.controller) broker.controller->changed();
        },
        [&](std::int32_t controller) {
          for (auto* shard : broker.shards)
            host.post(shard->host().shard(), nullptr,
                      [shard, controller](Host&) { shard->set_controller(controller); });
        });
    membership.emplace(first, give_up);
    controller.emplace(first);
    broker.controller = &*controller;
    if (!config.controllers.empty()) {
      TRY_VOID(membership->listen());
      controller->start();
    }
    return {};
  };
  auto all_opened = open_all();
  auto listening = all_opened ? free_address(host, config.listen) : std::unexpected(all_opened.error());
  for (unsigned n = 0; n < host.shard_count() && listening; ++n) {
    auto at = *listening;
    listening = host.on_shard(n, [&](Host&) { return broker.shards[n]->listen(at); });
    if (!listening || n > 0) continue;
    // A name that it listens at is what clients are told, and not what it stands for here.
    broker.advertised = config.advertise.host.empty() ? config.listen : config.advertise;
    if (broker.advertised.port == 0) broker.advertised.port = listening->port;
  }
  // Known to its cluster, and knowing what there is in it, the broker is ready, and not before: clients would be told
  // that their topics are not there. In a new cluster that takes all controllers.
  FiberGroup running;
  Event decided;
  bool member = false;
  if (listening) {
    running.spawn("asked to stop", [&] {
      host.stop_requested().wait();
      stop.set();
    });
    running.spawn("to end", [&] {
      stop.wait();
      decided.set();
    });
    running.spawn("register", [&] {
      if (!membership->register_broker()) return;
      if (!config.controllers.empty()) membership->start_heartbeats();
      member = config.controllers.size() > 1;
      decided.set();
    });
    // As Kafka: a broker that can't keep the metadata does not stay.
    running.spawn("metadata", [&] { give_up(metadata->wait_out_of_order()); });
    decided.wait();
    if (!stop.is_set()) {
      for (unsigned n = 0; n < host.shard_count(); ++n)
        broker.shards[0]->on(n, [](BrokerShard& shard) { shard.leaderships().tell(); });
      for (unsigned n = 0; n < host.shard_count(); ++n) {
        broker.shards[0]->on(n, [&](BrokerShard& shard) {
          if (!config.controllers.empty()) shard.remove_strays();
          shard.serve();
        });
      }
      log.info("broker ready", {{"listen", to_string(*listening)},
                                {"node", config.node_id},
                                {"shards", host.shard_count()},
                                {"topics", metadata->image()->topics.size()},
                                {"clean", clean}});
      if (ready) ready(*listening);
    }
    stop.wait();
    log.info("broker stops");
    // What waits for a full disk would wait for ever, and all that waits for it.
    for (unsigned n = 0; n < host.shard_count(); ++n)
      host.on_shard(n, [&](Host&) { broker.shards[n]->replicas().begin_stop(); });
  }
  running.cancel();
  running.join();
  if (member && !failure) membership->leave();
  for (unsigned n = 0; n < host.shard_count(); ++n) host.on_shard(n, [&](Host&) { lives[n]->stop.set(); });
  progress.wait([&] { return quiet == host.shard_count(); });
  if (controller) controller->stop();
  if (membership) membership->stop();
  if (metadata) metadata->stop();
  for (unsigned n = 0; n < host.shard_count(); ++n) host.on_shard(n, [&](Host&) { lives[n]->close.set(); });
  progress.wait([&] { return ended == host.shard_count(); });
  bool all_clean = true;
  for (auto& life : lives) all_clean = all_clean && life->clean;
  TRY_VOID(all_opened);
  if (!listening) return fail(listening.error().code, "can't listen: " + listening.error().detail);
  // Logs that were never opened are as the last life left them.
  all_clean = all_clean && (clean || (metadata && metadata->publishes()));
  if (all_clean) {
    TRY_VOID(replace_file(disk, clean_stop_file, ByteChain(Bytes::copy_of("1\n"))));
  }
  log.info("broker stopped", {{"clean", all_clean}});
  if (failure) return std::unexpected(std::move(*failure));
  return {};
}

}  // namespace fulmar
