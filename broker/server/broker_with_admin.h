// A broker with what its properties do not have: of its listener for metrics and health the token, and how the process
// measures itself; and how the files of certificates are read.
#pragma once

#include "broker/server/broker.h"
#include "broker/server/certificate_watch.h"
#include "broker/server/config/admin_settings.h"

namespace fulmar {

// As run_broker() of broker.h, which takes the properties alone. `admin`: from AdminSettings::from(), completed.
// `read_store`: of ssl.keystore.location and ssl.truststore.location, again and again; null: from the host's disk.
Result<void> run_broker(Host& host, const BrokerConfig& config, const AdminSettings& admin, const BrokerNews& news = {},
                        BrokerObserver* observer = nullptr, StoreReader read_store = nullptr);

}  // namespace fulmar
