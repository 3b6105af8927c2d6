// MemoryBudget: limits the bytes of one kind (requests, responses) that a shard holds for its clients, and queues the
// waiters for more, without a fiber each.
//
// A part is reserved for small amounts, so that these get through while large ones wait. Within small and within large,
// waiters are served in order. Charges that hold a part and wait for the rest could deadlock; so one charge of each
// size class at a time may exceed the budget until it is released. What is charged before it is known what else the
// same work will charge is a class of its own: if it was the one that may exceed, the rest would wait for its end. The
// budget is exceeded by at most the three largest amounts that a caller may ask for, and by what charge_at_once() adds.
#pragma once

#include <cstdint>
#include <utility>

namespace fulmar {

class MemoryBudget {
  struct Queue;

 public:
  static constexpr std::int64_t small_max = 64 * 1024;  // bytes; the largest amount that counts as small

  // Bytes that are charged; its destructor releases them.
  class [[nodiscard]] Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept;
    Charge& operator=(Charge&& other) noexcept;
    ~Charge();
    std::int64_t bytes() const { return bytes_; }
    // Moves `bytes`, at most all, into a charge of their own.
    Charge split(std::int64_t bytes);
    // Releases all but `bytes`, which must not exceed bytes().
    void shrink_to(std::int64_t bytes);

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    std::int64_t bytes_ = 0;
  };

  // Waits for one amount at a time. Its destructor ends the wait.
  class Waiter {
   public:
    bool waiting() const { return budget_ != nullptr; }
    void stop_waiting();

   protected:
    ~Waiter() { stop_waiting(); }
    // The charge has the bytes. Called once, from any code of the shard: must not wait.
    virtual void granted() noexcept = 0;

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    Charge* into_ = nullptr;
    std::int64_t bytes_ = 0;
    Queue* queue_ = nullptr;
    Waiter* next_ = nullptr;
    Waiter* previous_ = nullptr;
  };

  MemoryBudget(std::int64_t bytes, std::int64_t kept_for_small);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Adds to the charge if there is room and no waiter of that size class. Returns whether it did.
  bool try_charge(Charge& charge, std::int64_t bytes, bool small);
  // Adds to the charge whether there is room or not: for memory that is in use already.
  void charge_at_once(Charge& charge, std::int64_t bytes);
  // Adds to the charge as soon as there is room, and then notifies the waiter, possibly before this returns.
  void charge_later(Charge& charge, std::int64_t bytes, bool small, Waiter& waiter);
  // The same for a small amount before the work that will charge more, as another charge.
  void charge_first_later(Charge& charge, std::int64_t bytes, Waiter& waiter);

  // The bytes that can be charged now; negative if the budget is exceeded.
  std::int64_t available(bool small) const { return available_ - (small ? 0 : kept_for_small_); }
  std::int64_t held() const { return bytes_ - available_; }
  bool is_waited_for() const { return first_.first || small_.first || large_.first; }

 private:
  struct Queue {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    Charge* beyond = nullptr;  // may exceed the budget
    bool small = true;         // of what is kept for small amounts, too
  };
  Queue& queue(bool small) { return small ? small_ : large_; }
  void add(Charge& charge, std::int64_t bytes);
  void release(std::int64_t bytes);
  void moved(Charge& from, Charge& to);
  void ended(Charge& charge);
  void remove(Waiter& waiter);
  void grant();
  void wait(Queue& queue, Charge& charge, std::int64_t bytes, Waiter& waiter);
  bool grant_first(Queue& queue);

  const std::int64_t bytes_;
  const std::int64_t kept_for_small_;
  std::int64_t available_;
  Queue first_;
  Queue small_;
  Queue large_{.small = false};
  bool granting_ = false;
};

}  // namespace fulmar
