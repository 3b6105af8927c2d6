#include "broker/replication/catch_up_feeder.h"

#include <algorithm>

#include "runtime/fiber/patient_rounds.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration feed_patience = milliseconds(20);  // for one replica, before the next is served
constexpr std::size_t feeding_max = 64;               // replicas whose disks do not answer

}  // namespace

CatchUpFeeder::CatchUpFeeder(Host& host, std::int64_t bytes_per_second, Surroundings surroundings)
    : host_(host), surroundings_(std::move(surroundings)), bucket_(bytes_per_second) {}

// The waiting entry after the last one served, cyclically.
std::set<CatchUpFeeder::Turn>::const_iterator CatchUpFeeder::next_turn() const {
  auto has_room = [this](const Turn& turn) { return surroundings_.link_has_room(turn.first); };
  auto after_last = waiting_.upper_bound(last_);
  auto found = std::find_if(after_last, waiting_.end(), has_room);
  if (found != waiting_.end()) return found;
  found = std::find_if(waiting_.begin(), after_last, has_room);
  return found == after_last ? waiting_.end() : found;
}

void CatchUpFeeder::run() {
  PatientRounds<Turn> rounds("feed catching up", [this](const Turn& turn) { wants_feeding(turn.second, turn.first); });
  for (;;) {
    work_.wait([&] { return next_turn() != waiting_.end() && rounds.under_way() < feeding_max; });
    auto has_room = [this] { return bucket_.has_room(host_.clock().now()); };
    while (!has_room()) work_.wait(has_room, Deadline{bucket_.room_at()});
    auto next = next_turn();
    if (next == waiting_.end()) continue;
    last_ = *next;
    waiting_.erase(next);
    auto feed = [this, turn = last_] {
      auto bytes = surroundings_.feed(turn.second, turn.first);
      bucket_.take(bytes, host_.clock().now());
      work_.notify_all();
    };
    rounds.visit(last_, feed, host_.clock().deadline_in(feed_patience));
  }
}

}  // namespace fulmar
