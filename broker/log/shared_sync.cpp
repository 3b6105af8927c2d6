#include "broker/log/shared_sync.h"

namespace fulmar {

Result<void> SharedSync::operator()() {
  auto wanted = begun_ + 1;
  while (begun_ < wanted) {
    if (begun_ > ended_) {
      progress_.wait([&] { return begun_ == ended_ || begun_ >= wanted; });
      continue;
    }
    struct Turn {
      SharedSync& shared;
      Result<void> done = fail(Errc::io_error, "a sync was cut short");
      ~Turn() {
        ++shared.ended_;
        if (!done) {
          shared.failed_ = shared.ended_;
          shared.failure_ = std::move(done);
        }
        shared.progress_.notify_all();
      }
    };
    ++begun_;
    Turn turn{*this};
    turn.done = sync_();
    auto done = turn.done;
    return done;
  }
  // Another caller runs the sync.
  progress_.wait([&] { return ended_ >= wanted; });
  return failed_ >= wanted ? failure_ : Result<void>();
}

}  // namespace fulmar
