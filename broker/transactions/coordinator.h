// TransactionCoordinator: the transactional ids of one partition of __transaction_state, as a pure state machine.
//
// No I/O, no clock, no fiber. Whoever drives it owes it what CoordinatorCore says: all records through replay() and
// finish_loading() first; appends in the order given, each reported with committed() or append_failed().
//
// One change at a time. A transactional id changes by appending what it becomes; while that is not committed nothing of
// it is believed, and whoever asks for another change is told CONCURRENT_TRANSACTIONS, which clients retry. So a failed
// append has nothing to be taken back. The same is said from the decision to end a transaction until all partitions
// have its marker: whoever was told that its transaction ended can begin the next only then.
//
// A decision is durable before any marker is written: the driver sends those that unmarked() names, which are of
// committed decisions only, and says what came of them with marked(). A coordinator that takes over finds the same
// decisions in the log, and sends their markers again; partitions take a second one for what it is.
//
// Requests are answered as Kafka 4.4 does. Where the epochs of a producer id are used up, another id is needed, which
// only the controller can give: the answer then says so (needs_producer_id), and the request is to be made again
// with one.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/producers.h"
#include "broker/transactions/settings.h"
#include "broker/transactions/transaction.h"

namespace fulmar {

// Names who waits for an answer: given by the driver with each request, and back with the answer.
using TransactionToken = std::uint64_t;

struct TransactionAnswer {
  TransactionToken token = 0;
  ErrorCode error = ErrorCode::none;
  // Of init() and end(): the producer to go on as.
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  bool needs_producer_id = false;  // nothing was done; `error` is what a client is told if there is none to be had
};

// Who says that it is the producer of a transactional id.
struct TransactionalProducer {
  std::string transactional_id;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
};

// What partitions are to be told: that a transaction has ended.
struct TransactionMarkers {
  std::string transactional_id;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  TransactionEnd end = TransactionEnd::abort;
  TransactionVersion version = TransactionVersion::v0;
  PartitionsByTopic partitions;  // those of which it is not known that they have it
};

struct TransactionAppend {
  CoordinatorCore::AppendId id = 0;
  TransactionLogRecord record;
};

struct TransactionOutput {
  std::vector<TransactionAppend> appends;
  std::vector<TransactionAnswer> answers;
  std::vector<std::string> notes;  // for the operator's log; holds what clients wrote
};

class TransactionCoordinator {
 public:
  using AppendId = CoordinatorCore::AppendId;

  explicit TransactionCoordinator(const TransactionSettings& settings) : settings_(settings) {}
  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  // -- Loading. Until it is done, requests are answered COORDINATOR_LOAD_IN_PROGRESS.
  // A record of the log, in the log's order. Errors: corrupt; it is as if it was not there.
  Result<void> replay(const TransactionLogRecord& record);
  // Does a slice of what remains once all records are replayed. Call until it returns true.
  bool finish_loading(CoordinatorTime now);

  // -- Requests, each answered exactly once, now or later. Errors that clients know by another number in old versions
  // are told by the newest: PRODUCER_FENCED for INVALID_PRODUCER_EPOCH.
  // InitProducerId (KIP-98, KIP-360). `producer`: its id and epoch are -1 unless it goes on after an error. `fresh_id`:
  // to be used if one is needed; lost if not.
  // Errors: INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, CONCURRENT_TRANSACTIONS, also when an open transaction is
  // aborted for it, PRODUCER_FENCED.
  void init(TransactionToken token, const TransactionalProducer& producer, std::int32_t timeout_ms,
            std::optional<ProducerId> fresh_id, CoordinatorTime now);
  // AddPartitionsToTxn, and AddOffsetsToTxn with the group's partition of __consumer_offsets. All or none.
  // Errors: INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS.
  void add_partitions(TransactionToken token, const TransactionalProducer& producer,
                      const PartitionsByTopic& partitions, TransactionVersion version, CoordinatorTime now);
  // EndTxn. Answered once the decision is committed; its markers are written after that. Errors: as add_partitions(),
  // and INVALID_TXN_STATE: there is no transaction to be ended so.
  void end(TransactionToken token, const TransactionalProducer& producer, TransactionEnd end,
           TransactionVersion version, std::optional<ProducerId> fresh_id, CoordinatorTime now);

  // -- Reading: what is committed, at once.
  // Which of the partitions the producer's open transaction does not contain (AddPartitionsToTxn, verify_only;
  // KIP-890). Errors: as add_partitions().
  std::expected<PartitionsByTopic, ErrorCode> missing(const TransactionalProducer& producer,
                                                      const PartitionsByTopic& partitions) const;
  DescribeTransactionsResponse::Transaction describe(const std::string& transactional_id) const;
  // Up to `limit` transactional ids after that one are looked at; `last` is where to go on, nullopt at the end.
  struct Page {
    std::vector<ListTransactionsResponse::Transaction> transactions;
    std::optional<std::string> last;
  };
  using Matches = std::function<bool(const std::string& transactional_id)>;
  std::expected<Page, ErrorCode> list(const ListTransactionsRequest& filters, const Matches& matches,
                                      const std::optional<std::string>& after, std::size_t limit, Timestamp now) const;

  // -- Markers that are to be written: of up to `limit` transactions after that one.
  std::vector<TransactionMarkers> unmarked(const std::optional<std::string>& after, std::size_t limit) const;
  bool has_unmarked() const { return !to_mark_.empty(); }
  // These partitions have the marker, or are gone. What is not waited for any more is passed over.
  void marked(const TransactionMarkers& markers, CoordinatorTime now);

  // -- The world.
  void tick(CoordinatorTime now);
  Instant next_deadline() const;
  // All appends up to this one.
  void committed(AppendId through, CoordinatorTime now);
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime now);
  // No leader any more: whoever waits is told NOT_COORDINATOR, and so is whoever asks from now on. For good.
  void resign();
  TransactionOutput take_output() { return std::exchange(output_, {}); }

 private:
  // What a transactional id is to become.
  struct Change {
    AppendId append = 0;
    std::optional<Transaction> next;  // nullopt: it is forgotten
    std::optional<TransactionAnswer> answer;
  };
  struct Entry {
    std::optional<Transaction> current;  // nullopt: nothing is committed yet
    std::optional<Change> change;
    PartitionsByTopic unmarked;          // while it is prepared
    Instant times_out = Instant::max();  // while it is ongoing
    std::optional<Instant> timer;        // as in timers_

    // Another change has to wait.
    bool in_transition() const { return change || (current && current->prepared()); }
  };
  using Entries = std::map<std::string, Entry>;
  enum class Phase : std::uint8_t { loading, active, resigned };

  // coordinator.cpp
  std::optional<ErrorCode> not_serving() const;
  Entry* find(const std::string& id);
  const Transaction* committed_state(const std::string& id) const;
  void refuse(TransactionToken token, ErrorCode error) { output_.answers.push_back({.token = token, .error = error}); }
  void need_producer_id(TransactionToken token);
  void note(const std::string& id, const std::string& what);
  void append(const std::string& id, Entry& entry, std::optional<Transaction> next,
              std::optional<TransactionAnswer> answer);
  void apply(const std::string& id, CoordinatorTime now);
  void set_timer(const std::string& id, Entry& entry, std::optional<Instant> at);
  // Sets the timer for what the entry has to do by itself, not before `earliest`.
  void schedule(const std::string& id, Entry& entry, Instant earliest = {});
  void fire(const std::string& id, CoordinatorTime now);
  // Of a transaction that is open: when it times out, counted by the monotonic clock from here on.
  static Instant timeout_of(const Transaction& transaction, CoordinatorTime now);

  // end.cpp
  // Whether `producer` may say how its transaction ends, and what comes of it: an error (`none`: that is done already),
  // or that it is to be prepared.
  static std::optional<ErrorCode> end_refused(const Entry& entry, const TransactionalProducer& producer,
                                              TransactionEnd end, TransactionVersion version);
  // Aborts the open transaction, and shuts out its producer.
  void fence(const std::string& id, Entry& entry, std::optional<TransactionAnswer> answer, CoordinatorTime now);

  // markers.cpp
  void begin_marking(const std::string& id, Entry& entry);
  void complete(const std::string& id, Entry& entry, CoordinatorTime now);

  // expiration.cpp
  void expire_slice(CoordinatorTime now);

  const TransactionSettings settings_;
  Phase phase_ = Phase::loading;
  Entries entries_;
  std::deque<std::pair<AppendId, std::string>> pending_;  // ascending ids
  std::set<std::pair<Instant, std::string>> timers_;
  std::set<std::string> to_mark_;  // with partitions that lack the marker
  AppendId last_append_ = 0;
  std::optional<std::string> load_cursor_;
  Instant next_expiration_ = Instant::max();
  std::optional<std::string> expire_cursor_;  // where the round under way goes on
  TransactionOutput output_;
};

}  // namespace fulmar
