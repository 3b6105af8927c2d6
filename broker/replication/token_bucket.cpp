#include "broker/replication/token_bucket.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr Duration savings_max = seconds(1);

// Rounded up, so that the rate is not exceeded.
Duration time_for(std::size_t bytes, std::int64_t per_second) {
  constexpr auto second = static_cast<unsigned __int128>(Duration(seconds(1)).count());
  auto rate = static_cast<unsigned __int128>(per_second);
  auto ns = (bytes * second + rate - 1) / rate;
  return Duration(static_cast<std::int64_t>(std::min<unsigned __int128>(ns, Instant::max().ns)));
}

}  // namespace

void TokenBucket::take(std::size_t bytes, Instant now) {
  paid_at_ = std::max(paid_at_, now - savings_max) + time_for(bytes, per_second_);
}

}  // namespace fulmar
