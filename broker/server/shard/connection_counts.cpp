#include "broker/server/shard/connection_counts.h"

namespace fulmar {

std::string_view ConnectionCounts::admit(const std::string& ip) {
  if (count_ >= max_) return "max.connections";
  auto& of_ip = by_ip_[ip];
  if (of_ip >= per_ip_max_) {
    if (of_ip == 0) by_ip_.erase(ip);
    return "max.connections.per.ip";
  }
  ++of_ip;
  ++count_;
  return "";
}

void ConnectionCounts::leave(const std::string& ip) {
  --count_;
  auto known = by_ip_.find(ip);
  if (--known->second == 0) by_ip_.erase(known);
}

}  // namespace fulmar
