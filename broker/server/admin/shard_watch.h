// ShardWatch: asks every shard at intervals to do nothing, and notes how long it takes until each does: that is how
// long any other message or connection waits for its turn there. A shard that does not answer is stuck, or starved of
// its processor.
//
// On shard 0, whose own lag is by how much the watch itself wakes too late; if shard 0 is stuck, nobody can say so.
#pragma once

#include <memory>
#include <vector>

#include "runtime/base/latency_histogram.h"
#include "runtime/base/time.h"
#include "runtime/host/host.h"

namespace fulmar {

class ShardWatch {
 public:
  static constexpr Duration interval = milliseconds(250);

  explicit ShardWatch(Host& host);

  // Watches until the fiber is cancelled.
  void run();

  struct Silent {
    unsigned shard = 0;
    Duration since{0};
  };
  // The shards that have not answered for at least so long.
  std::vector<Silent> silent_for(Duration at_least) const;
  const LatencyHistogram& lag(unsigned shard) const { return (*seen_)[shard].lag; }

 private:
  struct Seen {
    bool asked = false;  // and not answered yet
    Instant asked_at;
    LatencyHistogram lag;
  };

  void ask(unsigned shard);

  Host& host_;
  std::shared_ptr<std::vector<Seen>> seen_;  // by shard; answers may come after this object has ended
};

}  // namespace fulmar
