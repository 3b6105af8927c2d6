// BrokerLife: one run of a broker on its data directory: begins and ends the shards, the metadata and the membership of
// the cluster, in order.
#pragma once

#include <optional>

#include "broker/cluster/metadata_log.h"
#include "broker/server/admin/broker_admin.h"
#include "broker/server/broker.h"
#include "broker/server/certificate_watch.h"
#include "broker/server/controller/controller.h"
#include "broker/server/data_directory.h"
#include "broker/server/membership.h"
#include "broker/server/shard_lives.h"
#include "broker/server/token_keys.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

// On shard 0.
class BrokerLife {
 public:
  // All outlive this; `observer` and `read_store` may be null.
  BrokerLife(Host& host, const BrokerConfig& config, const AdminSettings& admin, DataDirectory& directory,
             const BrokerNews& news, BrokerObserver* observer, StoreReader read_store);

  // Runs to the end; as run_broker().
  Result<void> live();

 private:
  bool in_cluster() const { return !config_.controllers.empty(); }
  Result<void> begin_admin();
  Result<void> begin_tls();
  Result<void> begin_token_keys();
  void use_token_keys(const std::shared_ptr<const JsonWebKeys>& keys);
  Result<std::shared_ptr<const TlsContext>> use_for_clients(std::size_t listener, const TlsSettings& settings);
  Result<std::shared_ptr<const TlsContext>> use_for_peers(const TlsSettings& settings);
  void enter(BrokerPhase phase);
  void give_up(Error why);
  Result<void> open_metadata();
  bool may_apply(const MetadataImage& image);
  void apply(const MetadataImagePtr& image);
  void tell_controller(std::int32_t controller);
  Result<std::vector<SocketAddress>> listen();
  void join_cluster();
  void serve(const std::vector<SocketAddress>& listening);
  void tell_of_opening();
  void open_lingering_and_remove_strays();
  bool end();

  Host& host_;
  const BrokerConfig& config_;
  const AdminSettings& admin_settings_;
  DataDirectory& directory_;
  const BrokerNews& news_;
  Logger log_;
  Broker broker_;
  ShardLives shards_;
  CertificateWatch certificates_;
  TokenKeys token_keys_;
  Event stop_;                    // the broker is asked to stop, or can't go on
  std::optional<Error> failure_;  // why it can't
  bool clean_;                    // whether logs opened by the next image were closed in order
  std::optional<MetadataLog> metadata_;
  std::optional<Controller> controller_;
  std::optional<Membership> membership_;
  Event decided_;  // it is registered, or is to stop
  bool member_ = false;
  bool serves_ = false;
  bool knows_strays_ = false;  // directories of partitions that were moved away have been opened or removed
  FiberGroup fibers_;
  std::optional<BrokerAdmin> admin_;  // last: it refers to the others
};

// Whether the broker could listen at its addresses. Errors: as Network::listen, in words for people.
Result<void> addresses_are_free(Host& host, const BrokerConfig& config, const AdminSettings& admin);

}  // namespace fulmar
