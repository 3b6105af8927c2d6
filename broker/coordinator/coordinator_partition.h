// CoordinatorPartition: runs a CoordinatorCore on a partition, on the shard that owns it, as long as this broker leads
// the partition: loads it from the log, gives it what happens, appends what it asks for in the epoch that it was loaded
// in, tells it what is committed, and has it resign when the leadership ends. Each leadership has a core of its own.
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

// Of one shard. Any fiber of it may call at any time.
class CoordinatorPartition {
 public:
  using MakeCore = std::function<std::unique_ptr<CoordinatorCore>()>;

  // `name`: of the partition, for the log.
  CoordinatorPartition(Host& host, std::string name, std::shared_ptr<Replica> replica, MakeCore make_core);
  ~CoordinatorPartition();

  void start();
  // Ends it; the core, if there is one, resigns.
  void stop();

  // The core, while it is loaded and nobody else can have taken over: what it says is the truth. Errors:
  // COORDINATOR_LOAD_IN_PROGRESS; NOT_COORDINATOR. It is the caller's until its next wait; after each input:
  // carry_out().
  std::expected<CoordinatorCore*, ErrorCode> core();
  // Has everything appended that the core asks for, soon, and its answers given.
  void carry_out();
  // Has the whole batch of a marker appended, after all that was asked for before; once it is committed, the core is
  // told that the transaction has ended. In a fiber: returns once it is written. Errors: as core(), and the replica's;
  // NOT_COORDINATOR leaves open whether it was written.
  std::expected<Replica::Proposed, ErrorCode> append_marker(const Bytes& batch, std::int16_t transaction_version);

 private:
  // A marker that is to be appended. Whoever waits is told, if it is not, with this.
  struct Marker {
    Bytes batch;
    std::int16_t transaction_version = 0;
    std::expected<Replica::Proposed, ErrorCode> appended = std::unexpected(ErrorCode::not_coordinator);
    Event done;
  };
  // Tells whoever waits for the marker when it goes.
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
