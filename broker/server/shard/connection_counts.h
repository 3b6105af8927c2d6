// ConnectionCounts: how many connections the broker has, of all its shards, against max.connections and
// max.connections.per.ip. Lives on shard 0.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace fulmar {

class ConnectionCounts {
 public:
  ConnectionCounts(std::int64_t max, std::int64_t per_ip_max) : max_(max), per_ip_max_(per_ip_max) {}
  // Counts one more, or returns the property that forbids it; "" if none does.
  std::string_view admit(const std::string& ip);
  void leave(const std::string& ip);
  // From now on; who is there stays.
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
