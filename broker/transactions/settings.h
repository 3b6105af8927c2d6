// TransactionSettings: a transaction coordinator's configuration, with Kafka 4.4's names and defaults, and limits on
// what clients can make it store.
#pragma once

#include <cstddef>

#include "runtime/base/time.h"

namespace fulmar {

struct TransactionSettings {
  milliseconds timeout_max{900'000};                     // transaction.max.timeout.ms
  milliseconds id_expiration{7LL * 24 * 3600 * 1000};    // transactional.id.expiration.ms
  milliseconds id_expiration_check_interval{3'600'000};  // transaction.remove.expired.transaction.cleanup.interval.ms

  // Changes that are appended but not committed. Beyond that clients have to retry.
  std::size_t uncommitted_max = 10'000;
  // Transactional ids that one tick checks for expiration.
  std::size_t cleanup_slice = 1'000;
  // After a failed append for which no client waits, the time until it is repeated.
  milliseconds retry_interval{1'000};

  bool operator==(const TransactionSettings&) const = default;
};

}  // namespace fulmar
