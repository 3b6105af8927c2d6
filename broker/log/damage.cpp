// Damage that is found while a partition log is open. For damage that is found at a start see recovery.h.
#include <algorithm>

#include "broker/log/partition_log.h"
#include "runtime/base/mark.h"

namespace fulmar {

// Stored before anything is cut off: otherwise, after a crash in between, the log would look undamaged.
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

// Finds the damage at or after an offset, so that reads stop before it. False if it was not found.
bool PartitionLog::keep_serving(Offset from) {
  const auto segments = segments_;
  auto after = std::upper_bound(segments.begin(), segments.end(), from,
                                [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
  if (after == segments.begin()) return false;
  auto& segment = **std::prev(after);
  auto known = segment.damage().size();
  auto found = segment.find_damage(from);
  if (!found || !*found) {
    FULMAR_MARK("log: damage not found again");
    // For example, the index is wrong: the next start checks everything.
    return false;
  }
  if (segment.damage().size() == known) return true;
  FULMAR_MARK("log: damage found by a read");
  tell_damage(segment, **found);
  // With the mark, the next start checks everything and finds the damage again; without it, the next read finds it.
  if (auto marked = mark_damage(); !marked)
    log_.warn("damage can't be marked", {{"partition", directory_}, {"reason", to_string(marked.error())}});
  return true;
}

void PartitionLog::report_damage(const Error& what, Offset from) {
  if (offline_ || (serves_rest() && keep_serving(from))) return;
  FULMAR_MARK("log: offline for damage");
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
