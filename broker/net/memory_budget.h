// MemoryBudget: how many bytes of one kind (requests, answers) a shard holds for its clients, and who waits for room,
// without a fiber.
//
// A part is kept for small amounts, so that what is small gets through whatever large things are under way. Within
// small and within large it is first come first served. So that many who hold a part and wait for the rest can't wait
// for each other for ever, one of each kind at a time may go beyond the budget: it holds more than there is until it is
// done. So the budget is exceeded by at most the two largest amounts that anybody may ask for, and by what is charged
// without asking (charge_at_once).
#pragma once

#include <cstdint>
#include <utility>

namespace fulmar {

class MemoryBudget {
 public:
  static constexpr std::int64_t small_max = 64 * 1024;  // bytes, of an amount that may use what is kept for small ones

  // Bytes that are held; given back when it goes.
  class [[nodiscard]] Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept;
    Charge& operator=(Charge&& other) noexcept;
    ~Charge();
    std::int64_t bytes() const { return bytes_; }
    // Takes a part of it, at most all, as a charge of its own.
    Charge split(std::int64_t bytes);
    // Gives back all but `bytes`, which is at most what it has.
    void shrink_to(std::int64_t bytes);

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    std::int64_t bytes_ = 0;
  };

  // Who waits for bytes. At most one thing at a time; when it goes, it waits no more.
  class Waiter {
   public:
    bool waiting() const { return budget_ != nullptr; }
    void stop_waiting();

   protected:
    ~Waiter() { stop_waiting(); }
    // The charge has what was wanted. Called once, from any code of the shard: must not wait.
    virtual void granted() noexcept = 0;

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    Charge* into_ = nullptr;
    std::int64_t bytes_ = 0;
    bool small_ = false;
    Waiter* next_ = nullptr;
    Waiter* previous_ = nullptr;
  };

  MemoryBudget(std::int64_t bytes, std::int64_t kept_for_small);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Adds to the charge if there is room, and nobody of that kind waits.
  bool try_charge(Charge& charge, std::int64_t bytes, bool small);
  // The same whether there is room or not: for what is there already.
  void charge_at_once(Charge& charge, std::int64_t bytes);
  // Adds to the charge as soon as there is room; then the waiter is told. Perhaps before this returns.
  void charge_later(Charge& charge, std::int64_t bytes, bool small, Waiter& waiter);

  // Of those that may be asked for; below 0 if it is exceeded.
  std::int64_t available(bool small) const { return available_ - (small ? 0 : kept_for_small_); }
  std::int64_t held() const { return bytes_ - available_; }
  bool is_waited_for() const { return small_.first || large_.first; }

 private:
  struct Queue {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    Charge* beyond = nullptr;  // may exceed the budget
  };
  Queue& queue(bool small) { return small ? small_ : large_; }
  void add(Charge& charge, std::int64_t bytes);
  void release(std::int64_t bytes);
  void moved(Charge& from, Charge& to);
  void ended(Charge& charge);
  void remove(Waiter& waiter);
  void grant();
  bool grant_first(bool small);

  const std::int64_t bytes_;
  const std::int64_t kept_for_small_;
  std::int64_t available_;
  Queue small_;
  Queue large_;
  bool granting_ = false;
};

}  // namespace fulmar
