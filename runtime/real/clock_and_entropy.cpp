#include "runtime/real/clock_and_entropy.h"

#include <sys/random.h>
#include <time.h>

#include "runtime/base/assert.h"
#include "runtime/fiber/wait_list.h"

namespace fulmar {

Timestamp RealClock::wall_ms() const {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  return static_cast<Timestamp>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

void RealClock::sleep_until(Instant at) {
  WaitList never;
  never.wait(Deadline{at});
}

std::uint64_t RealEntropy::next() {
  std::uint64_t number = 0;
  FULMAR_ASSERT(getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

}  // namespace fulmar
