#include "checkers/replication/removals.h"

namespace fulmar {

void Removals::note(const RewrittenBatch& batch) {
  auto before = original(shadow_of(batch.before));
  auto& forms = forms_.try_emplace({before.base, before.epoch}, before, std::set<std::uint32_t>{}).first->second;
  if (batch.after)
    forms.checksums.insert(batch.after->crc);
  else
    gone_.emplace(before.base, before.epoch);
}

ShadowBatch Removals::original(const ShadowBatch& batch) const {
  auto found = forms_.find({batch.base, batch.epoch});
  bool known =
      found != forms_.end() && found->second.original.next == batch.next && found->second.checksums.contains(batch.crc);
  if (!known) return batch;
  auto result = found->second.original;
  result.transaction_of = batch.transaction_of;  // as its log sees it: without records it begins no transaction
  return result;
}

bool Removals::is_hole(Offset from, Offset to) const {
  auto first = gone_.lower_bound({from, -1});
  return first != gone_.end() && first->first < to;
}

}  // namespace fulmar
