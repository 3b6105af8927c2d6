// A broker with what its properties do not have of its listener for metrics and health: the token, and how the process
// measures itself.
#pragma once

#include "broker/server/broker.h"
#include "broker/server/config/admin_settings.h"

namespace fulmar {

// As run_broker() of broker.h, which takes the properties alone. `admin`: from AdminSettings::from(), completed.
Result<void> run_broker(Host& host, const BrokerConfig& config, const AdminSettings& admin, const BrokerNews& news = {},
                        BrokerObserver* observer = nullptr);

}  // namespace fulmar
