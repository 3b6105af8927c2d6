// AdminSettings: the listener for metrics, health and the console (see server/admin/admin_listener.h): admin.http.*.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/properties.h"
#include "broker/server/config/listener_tls.h"
#include "runtime/host/network.h"
#include "runtime/host/process_usage.h"

namespace fulmar {

struct AdminSettings {
  static constexpr std::size_t topics_max = 100;  // whose partitions one scrape may show

  std::optional<SocketAddress> listen;   // admin.http.listener; nullopt: there is none
  std::optional<ListenerTls> tls;        // admin.http.ssl.*; nullopt: it is in plain text
  bool console = false;                  // admin.http.console
  bool console_changes = false;          // admin.http.console.changes
  std::size_t connections_max = 64;      // admin.http.max.connections
  Duration stall_max = seconds(10);      // admin.http.shard.stall.max.ms
  std::vector<std::string> topics = {};  // admin.http.metrics.topics
  // What the properties do not have: who runs the process adds it.
  std::string token = {};   // the content of admin.http.token.file; empty: none is needed
  UsageMeters meters = {};  // of the process; none in the simulator

  bool operator==(const AdminSettings&) const = default;

  // `properties`: checked ones, as BrokerConfig has them. Errors: invalid_argument, with the property's name.
  static Result<AdminSettings> from(const Properties& properties);
};

// A property of TLS that the admin listener may have of its own, admin.http.PROPERTY: what it overrides; nullopt: it is
// none.
std::optional<std::string_view> admin_tls_property(std::string_view name);

}  // namespace fulmar
