#include "broker/net/memory_budget.h"

#include "runtime/base/assert.h"

namespace fulmar {

MemoryBudget::Charge::Charge(Charge&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {
  if (budget_) budget_->moved(other, *this);
}

MemoryBudget::Charge& MemoryBudget::Charge::operator=(Charge&& other) noexcept {
  if (this == &other) return *this;
  if (budget_) budget_->ended(*this);
  budget_ = std::exchange(other.budget_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  if (budget_) budget_->moved(other, *this);
  return *this;
}

MemoryBudget::Charge::~Charge() {
  if (budget_) budget_->ended(*this);
}

MemoryBudget::Charge MemoryBudget::Charge::split(std::int64_t bytes) {
  FULMAR_ASSERT(bytes >= 0 && bytes <= bytes_);
  Charge part;
  if (bytes == 0) return part;
  part.budget_ = budget_;
  part.bytes_ = bytes;
  bytes_ -= bytes;
  return part;
}

void MemoryBudget::Charge::shrink_to(std::int64_t bytes) {
  FULMAR_ASSERT(bytes >= 0 && bytes <= bytes_);
  auto less = bytes_ - bytes;
  bytes_ = bytes;
  if (less > 0) budget_->release(less);
}

void MemoryBudget::Waiter::stop_waiting() {
  if (!budget_) return;
  auto* budget = budget_;
  budget->remove(*this);
  budget->grant();  // it may have been the only obstacle for those behind it
}

MemoryBudget::MemoryBudget(std::int64_t bytes, std::int64_t kept_for_small)
    : bytes_(bytes), kept_for_small_(kept_for_small), available_(bytes) {}

MemoryBudget::~MemoryBudget() {
  FULMAR_ASSERT(available_ == bytes_ && !is_waited_for());
}

void MemoryBudget::add(Charge& charge, std::int64_t bytes) {
  FULMAR_ASSERT(bytes >= 0 && (charge.budget_ == this || charge.bytes_ == 0));
  charge.budget_ = this;
  charge.bytes_ += bytes;
  available_ -= bytes;
}

bool MemoryBudget::try_charge(Charge& charge, std::int64_t bytes, bool small) {
  auto& waiting = queue(small);
  bool may = waiting.beyond == &charge || (!waiting.first && available(small) >= bytes);
  if (may) add(charge, bytes);
  return may;
}

void MemoryBudget::charge_at_once(Charge& charge, std::int64_t bytes) {
  add(charge, bytes);
}

void MemoryBudget::charge_later(Charge& charge, std::int64_t bytes, bool small, Waiter& waiter) {
  wait(queue(small), charge, bytes, waiter);
}

void MemoryBudget::charge_first_later(Charge& charge, std::int64_t bytes, Waiter& waiter) {
  wait(first_, charge, bytes, waiter);
}

void MemoryBudget::wait(Queue& waiting, Charge& charge, std::int64_t bytes, Waiter& waiter) {
  FULMAR_ASSERT(!waiter.budget_);
  waiter.budget_ = this;
  waiter.queue_ = &waiting;
  waiter.into_ = &charge;
  waiter.bytes_ = bytes;
  waiter.next_ = nullptr;
  waiter.previous_ = waiting.last;
  (waiting.last ? waiting.last->next_ : waiting.first) = &waiter;
  waiting.last = &waiter;
  grant();
}

void MemoryBudget::remove(Waiter& waiter) {
  auto& waiting = *waiter.queue_;
  (waiter.previous_ ? waiter.previous_->next_ : waiting.first) = waiter.next_;
  (waiter.next_ ? waiter.next_->previous_ : waiting.last) = waiter.previous_;
  waiter.budget_ = nullptr;
}

void MemoryBudget::moved(Charge& from, Charge& to) {
  for (auto* waiting : {&first_, &small_, &large_})
    if (waiting->beyond == &from) waiting->beyond = &to;
}

void MemoryBudget::ended(Charge& charge) {
  for (auto* waiting : {&first_, &small_, &large_})
    if (waiting->beyond == &charge) waiting->beyond = nullptr;
  charge.budget_ = nullptr;
  release(std::exchange(charge.bytes_, 0));
}

void MemoryBudget::release(std::int64_t bytes) {
  available_ += bytes;
  grant();
}

bool MemoryBudget::grant_first(Queue& waiting) {
  auto* waiter = waiting.first;
  if (!waiter) return false;
  if (available(waiting.small) < waiter->bytes_) {
    if (waiting.beyond && waiting.beyond != waiter->into_) return false;
    waiting.beyond = waiter->into_;
  }
  remove(*waiter);
  add(*waiter->into_, waiter->bytes_);
  waiter->granted();
  return true;
}

void MemoryBudget::grant() {
  if (std::exchange(granting_, true)) return;  // called from within: the outer loop continues
  while (grant_first(first_) || grant_first(small_) || grant_first(large_)) continue;
  granting_ = false;
}

}  // namespace fulmar
