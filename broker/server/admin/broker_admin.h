// BrokerAdmin: a broker's metrics, health and console over HTTP, from the beginning of its run to the end: while logs
// are recovered it says that the broker lives and is not ready.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "broker/console/console.h"
#include "broker/server/admin/admin_listener.h"
#include "broker/server/admin/health.h"
#include "broker/server/admin/metrics_page.h"
#include "broker/server/admin/metrics_query.h"
#include "broker/server/admin/shard_watch.h"
#include "broker/server/shard/broker_shard.h"
#include "broker/server/token_keys.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/mutex.h"

namespace fulmar {

// On shard 0.
class BrokerAdmin {
 public:
  // `peer_connections`: returns how many other brokers are connected. `broker`, `settings`, whose `listen` is set,
  // `certificates` and `token_keys` outlive this.
  BrokerAdmin(Host& host, Broker& broker, const AdminSettings& settings, const CertificateWatch& certificates,
              const TokenKeys& token_keys, std::function<std::size_t()> peer_connections);

  // As AdminListener::use_tls.
  void use_tls(std::shared_ptr<const TlsContext> context) { listener_.use_tls(std::move(context)); }
  // Listens and answers from now on. Errors: as Network::listen.
  Result<void> listen();
  void enter(BrokerPhase phase) { phase_ = phase; }
  // All shards and the metadata are there: they may be asked until shards_will_end().
  void shards_are_there() { may_ask_shards_ = true; }
  // Clients are served at these addresses, in the order of BrokerConfig::listeners, until shards_will_end().
  void clients_are_served(const std::vector<SocketAddress>& addresses);
  // Waits until no shard is asked any more, and none will be.
  void shards_will_end();

 private:
  AdminPages pages();
  HttpResponse metrics(const HttpRequest& request);
  HttpResponse live() const;
  HttpResponse ready();
  BrokerSamples gather(const MetricsQuery& asked);
  std::vector<HealthReason> why_not_ready();
  ReadinessFacts facts();
  std::int64_t partitions_opening();
  template <class Work>
  void on_all_shards(Work&& work);

  // Counts who asks shards.
  struct Asking {
    explicit Asking(BrokerAdmin& a) : admin(a) { ++admin.asking_; }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() {
      --admin.asking_;
      admin.asked_.notify_all();
    }
    BrokerAdmin& admin;
  };

  Host& host_;
  Broker& broker_;
  const AdminSettings& settings_;
  const CertificateWatch& certificates_;
  const TokenKeys& token_keys_;
  Logger log_;
  const std::function<std::size_t()> peer_connections_;
  const Timestamp started_ms_;
  BrokerPhase phase_ = BrokerPhase::starting;
  bool may_ask_shards_ = false;
  bool recovered_ = false;  // all partitions that were there at the start have been opened
  std::size_t asking_ = 0;
  Condition asked_;
  Mutex scraping_;  // one scrape at a time
  ShardWatch watch_;
  Console console_;
  AdminListener listener_;
  FiberGroup fibers_;
};

}  // namespace fulmar
