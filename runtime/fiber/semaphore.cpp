#include "runtime/fiber/semaphore.h"

#include <algorithm>

#include "runtime/fiber/fiber.h"

namespace fulmar {

bool Semaphore::try_acquire(std::int64_t units) {
  FULMAR_ASSERT(units >= 0);
  if (!requests_.empty() || available_ < units) return false;
  available_ -= units;
  return true;
}

bool Semaphore::acquire(std::int64_t units, Deadline deadline) {
  if (try_acquire(units)) return true;
  Request request{.units = units, .granted = false, .waiting = {}};
  // A request that leaves the queue early may have been the only obstacle for those behind it.
  struct Leave {
    Semaphore& semaphore;
    Request& request;
    ~Leave() {
      if (request.granted) return;
      auto& queue = semaphore.requests_;
      queue.erase(std::find(queue.begin(), queue.end(), &request));
      semaphore.grant();
    }
  } leave{*this, request};
  requests_.push_back(&request);
  request.waiting.wait(deadline);
  return request.granted;
}

void Semaphore::release(std::int64_t units) {
  FULMAR_ASSERT(units >= 0);
  available_ += units;
  grant();
}

void Semaphore::grant() {
  while (!requests_.empty() && requests_.front()->units <= available_) {
    auto* request = requests_.front();
    requests_.pop_front();
    available_ -= request->units;
    request->granted = true;
    request->waiting.wake_one();
  }
}

}  // namespace fulmar
