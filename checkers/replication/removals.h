// Removals: what compaction has removed from a group's batches, on any of its replicas, as they reported before doing
// it.
//
// A batch that has lost records is still the same batch, with another checksum; one that was removed need not exist on
// any replica. To compare logs, each batch is mapped to its original.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "broker/log/rewriting.h"
#include "checkers/replication/shadow_log.h"

namespace fulmar {

class Removals final : public ShadowForms {
 public:
  // A replica is about to rewrite the batch in this way.
  void note(const RewrittenBatch& batch);
  ShadowBatch original(const ShadowBatch& batch) const override;
  // Whether some replica has removed all of its records, or the whole batch.
  bool may_lack(const ShadowBatch& batch) const { return gone_.contains({batch.base, batch.epoch}); }
  // Whether a batch that began in [from, to) was removed.
  bool is_hole(Offset from, Offset to) const override;

 private:
  struct Forms {
    ShadowBatch original;
    std::set<std::uint32_t> checksums;
  };
  std::map<std::pair<Offset, Epoch>, Forms> forms_;
  std::set<std::pair<Offset, Epoch>> gone_;
};

}  // namespace fulmar
