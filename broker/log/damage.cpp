// What a partition log does about damage that is found while it is open; recovery.h says what a start does.
#include <algorithm>

#include "broker/log/partition_log.h"

namespace fulmar {

// On stable storage before anything is cut: a crash in between must not make the log look whole.
Result<void> PartitionLog::mark_damage() {
  return replace_file(context_.host.disk(), directory_ + "/" + std::string(damage_mark), ByteChain());
}

void PartitionLog::tell_damage(const Segment& segment, const DamagedStretch& damaged) {
  log_.error("records are damaged, and no other replica has them: they can't be read",
             {{"segment", segment.path(".log")},
              {"first_offset", damaged.from},
              {"last_offset", damaged.to - 1},
              {"position", damaged.position},
              {"end_position", damaged.end}});
}

bool PartitionLog::damaged_at(Offset offset) const {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
  if (after == segments_.begin()) return false;
  const auto& damage = (*std::prev(after))->damage();
  return std::any_of(damage.begin(), damage.end(),
                     [&](const auto& damaged) { return damaged.from <= offset && offset < damaged.to; });
}

// Finds the damage at or after an offset, so that reads stop before it. False if that could not be done.
bool PartitionLog::keep_serving(Offset from) {
  const auto segments = segments_;
  auto after = std::upper_bound(segments.begin(), segments.end(), from,
                                [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
  if (after == segments.begin()) return false;
  auto& segment = **std::prev(after);
  auto known = segment.damage().size();
  auto found = segment.find_damage(from);
  if (!found || !*found) return false;  // what is wrong is the index, say: a check of all will tell
  if (segment.damage().size() == known) return true;
  tell_damage(segment, **found);
  // At the next start all is checked, and this is found again; without the mark, it is found by who reads it.
  if (auto marked = mark_damage(); !marked)
    log_.warn("damage can't be marked", {{"partition", directory_}, {"reason", to_string(marked.error())}});
  return true;
}

void PartitionLog::report_damage(const Error& what, Offset from) {
  if (offline_ || (serves_rest() && keep_serving(from))) return;
  go_offline(what);
  if (auto marked = mark_damage(); !marked)
    log_.error("damage can't be marked", {{"partition", directory_}, {"reason", to_string(marked.error())}});
  tell();
}

Result<void> PartitionLog::loss_is_noted() {
  auto& disk = context_.host.disk();
  FULMAR_TRY_VOID(disk.remove(directory_ + "/" + std::string(damage_mark)));
  FULMAR_TRY_VOID(disk.sync_directory(directory_));
  lost_synced_ = false;
  return {};
}

}  // namespace fulmar
