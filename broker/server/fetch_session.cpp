#include "broker/server/fetch_session.h"

namespace fulmar {

FetchSession* FetchSessions::create(std::list<FetchTarget> targets) {
  if (sessions_max_ == 0) return nullptr;
  if (by_id_.size() >= sessions_max_) remove(by_use_.back().id);
  std::int32_t id = 0;
  while (id == 0 || by_id_.contains(id)) id = static_cast<std::int32_t>(entropy_.next() & 0x7fffffff);
  by_use_.push_front(FetchSession{id, 1, std::move(targets)});
  by_id_.emplace(id, by_use_.begin());
  return &by_use_.front();
}

FetchSession* FetchSessions::find(std::int32_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return &by_use_.front();
}

void FetchSessions::remove(std::int32_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  by_use_.erase(found->second);
  by_id_.erase(found);
}

}  // namespace fulmar
