// Removals: what compaction has made of a group's batches, on any of its replicas, as they have told before they did
// it.
//
// A batch that has lost records is the same batch still, with another checksum; one that is gone need not be anywhere.
// So that logs can be compared, each is taken for what it was at first.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "broker/log/rewriting.h"
#include "checkers/replication/shadow_log.h"

namespace fulmar {

class Removals final : public ShadowForms {
 public:
  // A replica is about to make that of it.
  void note(const RewrittenBatch& batch);
  ShadowBatch original(const ShadowBatch& batch) const override;
  // Whether some replica has all of its records, or its place, removed.
  bool may_lack(const ShadowBatch& batch) const { return gone_.contains({batch.base, batch.epoch}); }
  // Whether a batch that began in [from, to) is gone.
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
