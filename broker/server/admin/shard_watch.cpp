#include "broker/server/admin/shard_watch.h"

#include "runtime/host/clock.h"

namespace fulmar {

ShardWatch::ShardWatch(Host& host) : host_(host), seen_(std::make_shared<std::vector<Seen>>(host.shard_count())) {}

void ShardWatch::run() {
  auto& clock = host_.clock();
  for (;;) {
    auto wanted = clock.now() + interval;
    clock.sleep_until(wanted);
    (*seen_)[host_.shard()].lag.add(clock.now() - wanted);
    for (unsigned shard = 0; shard < host_.shard_count(); ++shard)
      if (shard != host_.shard() && !(*seen_)[shard].asked) ask(shard);
  }
}

void ShardWatch::ask(unsigned shard) {
  auto asked_at = host_.clock().now();
  (*seen_)[shard].asked = true;
  (*seen_)[shard].asked_at = asked_at;
  host_.post(shard, nullptr, [seen = seen_, shard, asked_at, home = host_.shard()](Host& there) mutable {
    auto lag = there.clock().now() - asked_at;
    there.post(home, nullptr, [seen = std::move(seen), shard, lag](Host&) {
      (*seen)[shard].asked = false;
      (*seen)[shard].lag.add(lag);
    });
  });
}

std::vector<ShardWatch::Silent> ShardWatch::silent_for(Duration at_least) const {
  std::vector<Silent> silent;
  const auto now = host_.clock().now();
  for (unsigned shard = 0; shard < seen_->size(); ++shard) {
    const auto& seen = (*seen_)[shard];
    if (seen.asked && now - seen.asked_at >= at_least) silent.push_back({shard, now - seen.asked_at});
  }
  return silent;
}

}  // namespace fulmar
