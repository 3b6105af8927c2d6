// QuotaMeters: what clients with a quota have used lately, of the whole broker. On shard 0.
//
// Clients that share a limit share a meter. There are meters only of those who used something within the last windows,
// and so many at most; who finds no room is not limited meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "broker/security/client_quotas.h"
#include "broker/security/rate_window.h"

namespace fulmar {

class QuotaMeters {
 public:
  static constexpr std::size_t meters_max = 50'000;

  // Counts what was used already, and returns for how long its user is to be held back; 0: it is within its limit.
  // `now` never goes back.
  Duration count(QuotaKind kind, const QuotaLimit& limit, double amount, Instant now);
  // For how long whoever shares the limit is to be held back now.
  Duration excess(QuotaKind kind, const QuotaLimit& limit, Instant now);
  // controller_mutation_rate, whose users are refused rather than delayed: bursts of all windows are allowed, and what
  // goes beyond has to be paid first (KIP-599). Counts `amount` and returns 0 if there is no debt; else returns for how
  // long there is one, and counts only if `strict` is false.
  Duration admit(const QuotaLimit& limit, double amount, bool strict, Instant now);

  std::size_t size() const { return meters_.size(); }
  // How often somebody found no room.
  std::int64_t without_room() const { return without_room_; }

 private:
  struct Meter {
    RateWindow used{RateWindowSettings()};
    // Of admit(): how much of the burst is left, as of when; below 0 there is a debt.
    double left = 0;
    Instant as_of;
    bool begun = false;
  };
  using Key = std::pair<QuotaKind, QuotaEntity>;

  Meter* find(QuotaKind kind, const QuotaEntity& shared_by, Instant now);
  void drop_idle(Instant now);

  std::map<Key, Meter> meters_;
  // Looked for are meters that are idle: from so many on, and so often at most, since it takes time for each of them.
  std::size_t look_from_ = 1024;
  Instant look_again_at_{};
  std::int64_t without_room_ = 0;
};

}  // namespace fulmar
