// CoordinatorPartition: runs a CoordinatorCore on a partition, on the shard that owns it, while this broker leads the
// partition: loads it from the log, passes it the inputs, appends its records in the epoch in which it was loaded,
// tells it what is committed, and has it resign when the leadership ends. Each leadership has a new core.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "broker/coordinator/coordinator_core.h"
#include "broker/replication/replica.h"
#include "runtime/fiber/alarm.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"

namespace fulmar {

// Belongs to one shard, whose fibers may call at any time.
class CoordinatorPartition {
 public:
  using MakeCore = std::function<std::unique_ptr<CoordinatorCore>()>;

  // Called after each input to the core; must not wait.
  using Watch = std::function<void(Epoch epoch, const CoordinatorCore& core)>;

  // `name`: the partition's, for the operator's log. `watch`: for checkers; null in production.
  CoordinatorPartition(Host& host, std::string name, std::shared_ptr<Replica> replica, MakeCore make_core,
                       Watch watch = nullptr);
  ~CoordinatorPartition();

  void start();
  // The core, if there is one, resigns.
  void stop();

  // The core, if it is loaded and no other broker can have taken over, so that its state is current. Errors:
  // COORDINATOR_LOAD_IN_PROGRESS; NOT_COORDINATOR. Valid until the caller waits; call carry_out() after each input.
  std::expected<CoordinatorCore*, ErrorCode> core();
  // Gives the core's answers, and has its records appended soon.
  void carry_out();
  // Appends a marker, given as a whole batch, after everything that the core wanted appended before; once it is
  // committed, the core is told that the transaction has ended. Returns once it is written. Errors: as core(), and the
  // replica's; NOT_COORDINATOR leaves open whether it was written.
  std::expected<Replica::Proposed, ErrorCode> append_marker(const Bytes& batch, std::int16_t transaction_version);

 private:
  // A marker to append; `appended` has the result, and initially what the waiter gets if it is never appended.
  struct Marker {
    Bytes batch;
    std::int16_t transaction_version = 0;
    std::expected<Replica::Proposed, ErrorCode> appended = std::unexpected(ErrorCode::not_coordinator);
    Event done;
  };
  // Wakes the waiter of the marker when it is destroyed.
  struct MarkerToAppend {
    std::shared_ptr<Marker> marker;

    explicit MarkerToAppend(std::shared_ptr<Marker> m) : marker(std::move(m)) {}
    MarkerToAppend(MarkerToAppend&&) = default;
    MarkerToAppend& operator=(MarkerToAppend&&) = default;
    ~MarkerToAppend() {
      if (marker) marker->done.set();
    }
  };
  struct EndedTransaction {
    ProducerId producer_id = no_producer_id;
    bool commits = false;
  };
  struct Appended {
    std::variant<CoordinatorCore::AppendId, EndedTransaction> what;
    Offset end = 0;
  };

  CoordinatorTime now() const;
  bool leads_in(Epoch epoch) const { return replica_->leads() && replica_->leader_epoch() == epoch; }
  void run();
  bool load();
  void lead();
  void append(const CoordinatorCore::Append& next);
  void append(const MarkerToAppend& next);
  void tell_committed();
  void resign();

  Host& host_;
  const std::string name_;
  const std::shared_ptr<Replica> replica_;
  const MakeCore make_core_;
  const Watch watch_;
  Logger log_;
  std::unique_ptr<CoordinatorCore> core_;  // of the leadership of `epoch_`
  Epoch epoch_ = -1;
  bool loaded_ = false;
  std::deque<std::variant<CoordinatorCore::Append, MarkerToAppend>> to_append_;
  std::deque<Appended> uncommitted_;
  Condition changed_;
  Alarm alarm_;
  ChangeListeners::Registration listening_;
  FiberGroup fibers_;
};

}  // namespace fulmar
