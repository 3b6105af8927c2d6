// SteadyLoad: writes to every partition of a topic, one record after the other, reads it in a consumer group, and
// records when each partition first acknowledged, and the group first read, a record sent after a given moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/client_security.h"
#include "runtime/base/time.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

class Producer;

class SteadyLoad {
 public:
  static constexpr const char* topic = "steady";

  SteadyLoad(std::vector<SocketAddress> bootstrap, ClientSecurity security, std::int32_t partition_count);

  // From now on only records sent from `now` on count.
  void mark(Instant now);
  // When the last of the partitions first acknowledged, or the group first read, a record sent since mark(); nullopt if
  // not all have.
  std::optional<Instant> acknowledged() const { return last_of(acknowledged_); }
  std::optional<Instant> consumed() const { return last_of(consumed_); }

  // Main functions of processes. The first ends when the topic exists, the others never.
  int make_topic(Host& host);
  int write(Host& host);
  int read(Host& host);

 private:
  using Moments = std::vector<std::optional<Instant>>;  // by partition
  static std::optional<Instant> last_of(const Moments& moments);
  void write_partition(Host& host, Producer& producer, std::int32_t partition);

  const std::vector<SocketAddress> bootstrap_;
  const ClientSecurity security_;
  Instant since_;
  Moments acknowledged_;
  Moments consumed_;
};

}  // namespace fulmar
