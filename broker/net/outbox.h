// Outbox<T>: gathers items for other shards until the pending message is sent, so that thousands of small items at once
// are one message.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "runtime/fiber/group.h"

namespace fulmar {

template <class T>
class Outbox {
 public:
  // `send` runs in a fiber, and may wait until the other shard has processed the items.
  Outbox(unsigned shards, std::function<void(unsigned shard, std::vector<T>)> send)
      : send_(std::move(send)), waiting_(shards) {}

  // Never waits.
  void add(unsigned shard, T item) {
    if (closed_) return;
    auto& box = waiting_[shard];
    box.push_back(std::move(item));
    if (box.size() > 1) return;  // the fiber that sends the first item sends this too
    fibers_.spawn("send", [this, shard] { send_(shard, std::exchange(waiting_[shard], {})); });
  }
  // Drops the items that are not sent yet, and waits for sends in progress.
  void close() {
    closed_ = true;
    fibers_.cancel();
    fibers_.join();
  }

 private:
  const std::function<void(unsigned, std::vector<T>)> send_;
  std::vector<std::vector<T>> waiting_;
  bool closed_ = false;
  FiberGroup fibers_;
};

}  // namespace fulmar
