// TopicReader: reads partitions of a topic from their leaders, or from the replicas that these name (KIP-392), and
// follows changes of leadership.
//
// Each broker that is read from has a Consumer with its own connections, since a fetch that waits for records delays
// all later responses of its connection.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/consumer.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/queue.h"

namespace fulmar {

struct TopicReaderOptions {
  std::string rack;             // as ConsumerOptions
  bool committed_only = false;  // likewise
};

class TopicReader {
 public:
  // Reads each of the partitions in `from`, at least one, from its offset on.
  TopicReader(Host& host, ClusterClient& cluster, std::string topic, std::map<std::int32_t, Offset> from,
              TopicReaderOptions options = {});

  struct Read {
    std::int32_t partition = 0;
    Offset next = 0;  // the next offset of the partition to read
    std::vector<ReadRecord> records;
  };
  // The next records of one of the partitions, each once and in order. Waits for them without a limit. Errors:
  // permanent ones, and transient ones that have lasted for the cluster client's patience.
  Answer<Read> next();

 private:
  static constexpr std::size_t reads_waiting_max = 2;

  Answer<void> start();
  void stop();
  void fetch(Consumer& consumer, const std::map<std::int32_t, Offset>& assigned);

  Host& host_;
  ClusterClient& cluster_;
  std::string topic_;
  TopicReaderOptions options_;
  std::map<std::int32_t, Offset> positions_;          // of what next() has returned
  std::map<std::int32_t, Instant> in_trouble_since_;  // partitions whose last fetch failed
  std::map<std::int32_t, ClusterClient> apart_;       // by leader: what its fetcher has learned stays from one start to
                                                      // the next
  std::unique_ptr<BoundedQueue<Answer<Read>>> reads_;  // null while nothing is fetched
  std::optional<FiberGroup> fetchers_;
};

}  // namespace fulmar
