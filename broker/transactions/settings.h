// TransactionSettings: what a coordinator of transactions is configured with, by the names and defaults of Kafka 4.4,
// and the bounds it sets to what clients may make it hold.
#pragma once

#include <cstddef>

#include "runtime/base/time.h"

namespace fulmar {

struct TransactionSettings {
  milliseconds timeout_max{900'000};                     // transaction.max.timeout.ms
  milliseconds id_expiration{7LL * 24 * 3600 * 1000};    // transactional.id.expiration.ms
  milliseconds id_expiration_check_interval{3'600'000};  // transaction.remove.expired.transaction.cleanup.interval.ms

  // Changes that are appended but not committed. Beyond that clients are told to come back.
  std::size_t uncommitted_max = 10'000;
  // How much one tick does about transactional ids that expire: ids looked at.
  std::size_t cleanup_slice = 1'000;
  // After which a record that could not be appended, and that nobody waits for, is tried again.
  milliseconds retry_interval{1'000};

  bool operator==(const TransactionSettings&) const = default;
};

}  // namespace fulmar
