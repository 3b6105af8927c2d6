#include "broker/server/broker_life.h"

#include "broker/server/config/sasl_settings.h"
#include "broker/server/listen_address.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration opening_told_interval = seconds(1);
// A server that has the keys for tokens may be down, and brokers start all the same.
constexpr Duration token_keys_wait_max = seconds(5);
constexpr Duration address_wait_max = seconds(3);
constexpr Duration address_retry_interval = milliseconds(50);

// Shards share their address (SO_REUSEPORT), and could share it with another process unnoticed: so this first checks
// that it is free. The sockets of a killed process may exist for a moment longer (the kernel closes an io_uring
// asynchronously), so this retries for a while.
Result<SocketAddress> free_address(Host& host, const SocketAddress& wanted) {
  FULMAR_TRY(auto at, listen_address(host, wanted));
  auto give_up = host.clock().now() + address_wait_max;
  for (;;) {
    auto alone = host.network().listen(at);
    if (alone) return (*alone)->local();
    if (alone.error().code != Errc::address_in_use || host.clock().now() >= give_up)
      return std::unexpected(alone.error());
    host.clock().sleep_for(address_retry_interval);
  }
}

std::string to_text(const std::vector<SocketAddress>& addresses) {
  std::string text;
  for (const auto& address : addresses) text += (text.empty() ? "" : ",") + to_string(address);
  return text;
}

Error cannot_listen(const Error& why) {
  return {why.code, "can't listen: " + why.detail};
}

}  // namespace

Result<void> addresses_are_free(Host& host, const BrokerConfig& config, const AdminSettings& admin) {
  std::vector<SocketAddress> wanted;
  for (const auto& listener : config.listeners) wanted.push_back(listener.listen);
  if (config.internal) wanted.push_back(config.internal->listen);
  if (admin.listen) wanted.push_back(*admin.listen);
  for (const auto& address : wanted)
    if (auto free = free_address(host, address); !free) return std::unexpected(cannot_listen(free.error()));
  return {};
}

BrokerLife::BrokerLife(Host& host, const BrokerConfig& config, const AdminSettings& admin, DataDirectory& directory,
                       const BrokerNews& news, BrokerObserver* observer, StoreReader read_store)
    : host_(host),
      config_(config),
      admin_settings_(admin),
      directory_(directory),
      news_(news),
      log_(host.log().named("broker")),
      broker_{.config = config,
              .listeners = {},
              .shards = {},
              .self = {config.node_id, directory.identity().directory()},
              .incarnation = random_uuid(host.entropy()),
              .cluster_id = directory.identity().cluster_id(),
              .stored = directory.take_promises(),
              .observer = observer},
      shards_(host, broker_),
      certificates_(host, read_store, host.log().named("certificates")),
      token_keys_(host, read_store, host.log().named("tokens")),
      clean_(directory.clean()) {}

void BrokerLife::give_up(Error why) {
  log_.error("broker can't go on", {{"reason", why.detail}});
  failure_ = std::move(why);
  stop_.set();
}

Result<void> BrokerLife::begin_admin() {
  if (!admin_settings_.listen) return {};
  admin_.emplace(host_, broker_, admin_settings_, certificates_, token_keys_,
                 [this] { return membership_ ? membership_->peer_connections() : 0; });
  if (admin_settings_.tls) {
    auto use = [this](const TlsSettings& settings) -> Result<std::shared_ptr<const TlsContext>> {
      FULMAR_TRY(auto context, TlsContext::make(settings, TlsEnd::server, host_.entropy()));
      admin_->use_tls(context);
      return context;
    };
    FULMAR_TRY_VOID(certificates_.add("admin.http", *admin_settings_.tls, use));
  }
  auto listening = admin_->listen();
  if (!listening) return std::unexpected(cannot_listen(listening.error()));
  return {};
}

// The listeners' certificates, before there are shards; then those that take their place.
Result<void> BrokerLife::begin_tls() {
  broker_.tls.resize(config_.listeners.size());
  for (std::size_t n = 0; n < config_.listeners.size(); ++n) {
    const auto& listener = config_.listeners[n];
    if (!uses_tls(listener.protocol)) continue;
    FULMAR_TRY_VOID(certificates_.add(listener.name, listener.tls,
                                      [this, n](const TlsSettings& settings) { return use_for_clients(n, settings); }));
  }
  if (!config_.internal || !uses_tls(config_.internal->protocol)) return {};
  return certificates_.add(config_.internal->name, config_.internal->tls,
                           [this](const TlsSettings& settings) { return use_for_peers(settings); });
}

Result<std::shared_ptr<const TlsContext>> BrokerLife::use_for_clients(std::size_t listener,
                                                                      const TlsSettings& settings) {
  FULMAR_TRY(auto guard, TlsGuard::make(settings, config_.listeners[listener].tls.mapping_rules, host_.entropy()));
  if (broker_.shards[0])
    shards_.on_each([&](BrokerShard&, ClientConnections& clients) { clients.use_tls(listener, guard); });
  else
    broker_.tls[listener] = guard;
  return guard->context();
}

Result<void> BrokerLife::begin_token_keys() {
  FULMAR_TRY(auto source, token_key_source(config_.properties, config_.listeners));
  if (!source) return {};
  return token_keys_.begin(std::move(*source));
}

void BrokerLife::use_token_keys(const std::shared_ptr<const JsonWebKeys>& keys) {
  auto ask_for = [this](const std::vector<std::string>& key_ids) { token_keys_.ask_for(key_ids); };
  shards_.on_each([&](BrokerShard&, ClientConnections& clients) { clients.use_token_keys(keys, ask_for); });
}

// Both ends of a connection between brokers show their certificates.
Result<std::shared_ptr<const TlsContext>> BrokerLife::use_for_peers(const TlsSettings& settings) {
  FULMAR_TRY(auto as_server, TlsContext::make(settings, TlsEnd::server, host_.entropy()));
  FULMAR_TRY(auto as_client, TlsContext::make(settings, TlsEnd::client, host_.entropy()));
  auto tls = std::make_shared<const PeerTls>(as_server, std::move(as_client));
  if (broker_.shards[0])
    shards_.on_each([&](BrokerShard& shard, ClientConnections&) { shard.peers().tls = tls; });
  else
    broker_.peer_tls = std::move(tls);
  return as_server;
}

void BrokerLife::enter(BrokerPhase phase) {
  if (admin_) admin_->enter(phase);
}

Result<void> BrokerLife::live() {
  FULMAR_TRY_VOID(begin_admin());
  FULMAR_TRY_VOID(begin_tls());
  FULMAR_TRY_VOID(begin_token_keys());
  auto opened = shards_.open();
  if (opened) opened = open_metadata();
  auto listening = opened ? listen() : Result<std::vector<SocketAddress>>(std::unexpected(opened.error()));
  if (listening) {
    enter(BrokerPhase::joining);
    if (admin_) admin_->shards_are_there();
    certificates_.start();
    token_keys_.start([this](const auto& keys) { use_token_keys(keys); });
    join_cluster();
    if (!stop_.is_set()) serve(*listening);
    stop_.wait();
    enter(BrokerPhase::stopping);
    if (news_.stopping) news_.stopping();
    log_.info("broker stops");
    // Replicas that wait for room on a full disk would wait for ever, and the stop for them.
    shards_.on_each([](BrokerShard& shard, ClientConnections&) { shard.replicas().begin_stop(); });
  }
  bool in_order = end();
  if (!listening) return std::unexpected(listening.error());
  // Logs that were never opened are in the state that the last life left.
  in_order = in_order && (directory_.clean() || (metadata_->publishes() && (!in_cluster() || knows_strays_)));
  if (in_order) FULMAR_TRY_VOID(directory_.mark_clean());
  log_.info("broker stopped", {{"clean", in_order}});
  if (failure_) return std::unexpected(*failure_);
  return {};
}

// Every shard knows its hard states now; next comes the metadata, and only then clients. Partitions are opened
// meanwhile.
Result<void> BrokerLife::open_metadata() {
  if (!broker_.stored.files.empty()) FULMAR_TRY_VOID(HardStateStore::remove_files(host_.disk(), broker_.stored.files));
  auto& first = *broker_.shards[0];
  metadata_.emplace(host_, first.logs(), first.replicas(), first.peers(),
                    MetadataLogConfig{config_.metadata_raft, config_.metadata_snapshot_bytes,
                                      config_.metadata_segment_bytes, config_.features, config_.first_users});
  broker_.metadata = &*metadata_;
  first.peers().first_voters = [this] { return metadata_->first_voters(); };
  first.peers().controller = [this] { return metadata_->controller().value_or(-1); };
  controller_.emplace(first);
  broker_.on_group_at_rest = [this] { controller_->changed(); };
  membership_.emplace(first, *controller_, [this](Error why) { give_up(std::move(why)); });
  std::vector<std::int32_t> controllers;
  for (const auto& [id, address] : config_.controllers) controllers.push_back(id);
  FULMAR_TRY_VOID(metadata_->open(controllers, directory_.clean()));
  if (!may_apply(*metadata_->image())) return std::unexpected(*failure_);
  // In a cluster the stored metadata may be old: by it, nothing is opened and nothing removed.
  if (!in_cluster()) show_everywhere(broker_, host_, metadata_->image(), std::exchange(clean_, false));
  if (news_.opening) fibers_.spawn("tell of opening", [this] { tell_of_opening(); });
  metadata_->start([this](const MetadataImagePtr& image) { apply(image); },
                   [this](std::int32_t controller) { tell_controller(controller); });
  if (in_cluster()) {
    FULMAR_TRY_VOID(membership_->listen());
    controller_->start();
  }
  return {};
}

// By another cluster's metadata this broker would remove its partitions.
bool BrokerLife::may_apply(const MetadataImage& image) {
  if (failure_) return false;
  if (image.cluster_id.empty()) return true;
  auto joined = directory_.identity().join(host_.disk(), image.cluster_id);
  if (joined) return true;
  if (joined.error().code == Errc::invalid_argument) {
    give_up(joined.error());
    return false;
  }
  log_.warn("the cluster's id can't be kept yet", {{"reason", to_string(joined.error())}});
  return true;
}

void BrokerLife::apply(const MetadataImagePtr& image) {
  if (!may_apply(*image)) return;
  show_everywhere(broker_, host_, image, std::exchange(clean_, false));
  controller_->changed();
}

void BrokerLife::tell_controller(std::int32_t controller) {
  for (auto* shard : broker_.shards)
    host_.post(shard->host().shard(), nullptr, [shard, controller](Host&) { shard->set_controller(controller); });
}

Result<std::vector<SocketAddress>> BrokerLife::listen() {
  std::vector<SocketAddress> wanted;
  for (const auto& listener : config_.listeners) {
    auto free = free_address(host_, listener.listen);
    if (!free) return std::unexpected(cannot_listen(free.error()));
    wanted.push_back(std::move(*free));
  }
  auto listening = shards_.listen(std::move(wanted));
  if (!listening) return std::unexpected(cannot_listen(listening.error()));
  // Clients are told the configured name, and not the address that it resolves to here.
  for (std::size_t n = 0; n < config_.listeners.size(); ++n) {
    const auto& listener = config_.listeners[n];
    auto& told = broker_.listeners.emplace_back(listener.name, listener.protocol, listener.advertise);
    if (told.address.port == 0) told.address.port = (*listening)[n].port;
  }
  return listening;
}

// Returns once the broker is registered and has the current metadata; only then is it ready, since clients would
// otherwise be told that their topics do not exist. In a new cluster that takes all controllers. Returns earlier if the
// broker is to stop.
void BrokerLife::join_cluster() {
  fibers_.spawn("asked to stop", [this] {
    host_.stop_requested().wait();
    stop_.set();
  });
  fibers_.spawn("to end", [this] {
    stop_.wait();
    decided_.set();
  });
  fibers_.spawn("register", [this] {
    if (!membership_->register_broker()) return;
    if (in_cluster()) membership_->start_heartbeats();
    member_ = config_.controllers.size() > 1;
    decided_.set();
  });
  if (in_cluster() && news_.joining) news_.joining();
  // As in Kafka: a broker that can't store the metadata stops.
  fibers_.spawn("metadata", [this] { give_up(metadata_->wait_out_of_order()); });
  decided_.wait();
}

void BrokerLife::serve(const std::vector<SocketAddress>& listening) {
  token_keys_.await_first_try(host_.clock().deadline_in(token_keys_wait_max));
  shards_.on_each([](BrokerShard& shard, ClientConnections&) { shard.leaderships().tell(); });
  shards_.on_each([](BrokerShard&, ClientConnections& clients) { clients.start(); });
  if (in_cluster()) fibers_.spawn("remove strays", [this] { open_lingering_and_remove_strays(); });
  log_.info("broker ready", {{"listen", to_text(listening)},
                             {"node", config_.node_id},
                             {"shards", host_.shard_count()},
                             {"topics", metadata_->image()->topics.size()},
                             {"clean", directory_.clean()}});
  serves_ = true;
  if (admin_) admin_->clients_are_served(listening);
  enter(BrokerPhase::serving);
  if (news_.ready) news_.ready(listening.front());
}

// A partition whose files are being removed counts as one that is not open, for as long as that takes.
void BrokerLife::tell_of_opening() {
  for (;;) {
    std::size_t open = 0;
    std::size_t not_open = 0;
    shards_.on_each([&](BrokerShard& shard, ClientConnections&) {
      shard.partitions().each([&](const PartitionKey&, const Partition& partition) {
        if (partition.replica)
          ++open;
        else if (!partition.failed)
          ++not_open;
      });
    });
    news_.opening(open, not_open);
    if (serves_ && not_open == 0) return;
    host_.clock().sleep_for(opening_told_interval);
  }
}

void BrokerLife::open_lingering_and_remove_strays() {
  bool all = true;
  shards_.on_each([&](BrokerShard& shard, ClientConnections&) {
    auto done = shard.partitions().open_lingering_and_remove_strays(directory_.clean());
    if (done) return;
    log_.warn("not known what there is of partitions that were moved away", {{"reason", to_string(done.error())}});
    all = false;
  });
  knows_strays_ = all;
}

// Ends whatever was begun. Returns whether all its logs were closed in order.
bool BrokerLife::end() {
  certificates_.stop();
  token_keys_.stop();
  fibers_.cancel();
  fibers_.join();
  if (member_ && !failure_) membership_->leave();
  if (admin_) admin_->shards_will_end();
  shards_.stop();
  if (controller_) controller_->stop();
  if (membership_) membership_->stop();
  if (metadata_) metadata_->stop();
  return shards_.close();
}

}  // namespace fulmar
