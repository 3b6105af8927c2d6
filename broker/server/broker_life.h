// BrokerLife: a broker's life from its data directory on: its shards, the metadata, its part in the cluster, and in
// which order they begin and end.
#pragma once

#include <functional>
#include <optional>

#include "broker/cluster/metadata_log.h"
#include "broker/server/controller/controller.h"
#include "broker/server/data_directory.h"
#include "broker/server/membership.h"
#include "broker/server/shard_lives.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

// On shard 0.
class BrokerLife {
 public:
  BrokerLife(Host& host, const BrokerConfig& config, DataDirectory& directory, BrokerObserver* observer);

  // All of it. As run_broker().
  Result<void> live(const std::function<void(const SocketAddress&)>& ready);

 private:
  bool in_cluster() const { return !config_.controllers.empty(); }
  void give_up(Error why);
  Result<void> open_metadata();
  bool may_apply(const MetadataImage& image);
  void apply(const MetadataImagePtr& image);
  void tell_controller(std::int32_t controller);
  Result<SocketAddress> listen();
  void join_cluster();
  void serve(const SocketAddress& listening);
  void open_lingering_and_remove_strays();
  bool end();

  Host& host_;
  const BrokerConfig& config_;
  DataDirectory& directory_;
  Logger log_;
  Broker broker_;
  ShardLives shards_;
  Event stop_;                    // it is asked to stop, or can't go on
  std::optional<Error> failure_;  // why it can't
  bool clean_;                    // whether logs that are opened by the next image were closed in order
  std::optional<MetadataLog> metadata_;
  std::optional<Controller> controller_;
  std::optional<Membership> membership_;
  Event decided_;  // known to the cluster, or it ends
  bool member_ = false;
  bool knows_strays_ = false;  // what lies here of partitions that are others' was opened or removed
  FiberGroup fibers_;
};

// Whether a broker could listen where this one is to. Errors: as Network::listen, in words for people.
Result<void> addresses_are_free(Host& host, const BrokerConfig& config);

}  // namespace fulmar
