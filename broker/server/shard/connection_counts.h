// ConnectionCounts: counts the connections of all shards of a broker, against max.connections and
// max.connections.per.ip. On shard 0.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace fulmar {

class ConnectionCounts {
 public:
  ConnectionCounts(std::int64_t max, std::int64_t per_ip_max) : max_(max), per_ip_max_(per_ip_max) {}
  // Counts one more and returns "", or returns the property that forbids it.
  std::string_view admit(const std::string& ip);
  void leave(const std::string& ip);
  // For new connections; existing ones stay.
  void set_limits(std::int64_t max, std::int64_t per_ip_max) {
    max_ = max;
    per_ip_max_ = per_ip_max;
  }

 private:
  std::int64_t max_;
  std::int64_t per_ip_max_;
  std::int64_t count_ = 0;
  std::map<std::string, std::int64_t> by_ip_;
};

}  // namespace fulmar
