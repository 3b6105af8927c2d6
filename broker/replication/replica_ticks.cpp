#include "broker/replication/replica_ticks.h"

#include "broker/replication/replica.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration look_work = nanoseconds(50);  // to check whether a replica is due

}  // namespace

void ReplicaTicks::add(const std::shared_ptr<Replica>& replica) {
  awake_.insert_or_assign(replica->group(), replica);
}

void ReplicaTicks::tick(const std::shared_ptr<Replica>& replica) {
  if (!ticking_.insert(replica->group()).second) return;
  ++left_;
  queue_.run(fibers_, [this, replica, round = round_] {
    replica->tick();
    ticking_.erase(replica->group());
    if (round == round_ && --left_ == 0) ticked_.notify_all();
  });
}

bool ReplicaTicks::tick_due(Deadline deadline) {
  ++round_;
  left_ = 0;
  for (auto next = awake_.begin(); next != awake_.end();) {
    const auto [group, replica] = *next;
    if (replica->is_due())
      tick(replica);
    else if (replica->at_rest())
      awake_.erase(next);
    work_in_slices(look_work);
    next = awake_.upper_bound(group);  // replicas may be added and removed meanwhile
  }
  ticked_.wait([this] { return left_ == 0; }, deadline);
  return queue_.waiting() == 0;
}

void ReplicaTicks::stop() {
  queue_.drop(fibers_);
  fibers_.cancel();
  fibers_.join();
}

}  // namespace fulmar
