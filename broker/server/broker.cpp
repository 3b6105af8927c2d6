#include "broker/server/broker.h"

#include "broker/server/broker_life.h"
#include "broker/server/broker_with_admin.h"
#include "broker/server/data_directory.h"

namespace fulmar {

Result<void> run_broker(Host& host, const BrokerConfig& config, const BrokerNews& news, BrokerObserver* observer) {
  FULMAR_TRY(auto admin, AdminSettings::from(config.properties));
  return run_broker(host, config, admin, news, observer);
}

Result<void> run_broker(Host& host, const BrokerConfig& config, const AdminSettings& admin, const BrokerNews& news,
                        BrokerObserver* observer, StoreReader read_store) {
  DataDirectory directory(host);
  FULMAR_TRY_VOID(directory.lock());
  // Before the directory becomes this node's: a broker started by mistake where another one listens leaves no trace.
  FULMAR_TRY_VOID(addresses_are_free(host, config, admin));
  FULMAR_TRY_VOID(directory.take(config.node_id, config.controllers.empty()));
  BrokerLife life(host, config, admin, directory, news, observer, read_store);
  return life.live();
}

}  // namespace fulmar
