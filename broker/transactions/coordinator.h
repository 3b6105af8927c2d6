// TransactionCoordinator: the transactional ids of one partition of __transaction_state, as a pure state machine.
//
// No I/O, no clock, no fiber. Its driver owes it what CoordinatorCore says: all records through replay() and
// finish_loading() first; appends in the order given, each reported by committed() or append_failed().
//
// One change at a time. A transactional id changes by an appended record; until that is committed, the change does not
// take effect, and requests for other changes are answered CONCURRENT_TRANSACTIONS, which clients retry. So a failed
// append leaves nothing to undo. The same answer is given from the decision to end a transaction until all partitions
// have its marker: only then can the producer begin the next.
//
// A decision is durable before any marker is written: the driver sends the markers from unmarked(), which has committed
// decisions only, and reports the results by marked(). A coordinator that takes over finds the decisions in the log,
// and sends the markers again; a second marker has no effect on a partition.
//
// Requests are answered as by Kafka 4.4. If a producer id has no epochs left, a new id is needed, which only the
// controller can give: the answer says so (needs_producer_id), and the driver repeats the request with one.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <limits>
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

// Identifies a waiting request: given by the driver with the request, and returned with the answer.
using TransactionToken = std::uint64_t;

struct TransactionAnswer {
  TransactionToken token = 0;
  ErrorCode error = ErrorCode::none;
  // For init() and end(): the producer id and epoch to use from now on.
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  bool needs_producer_id = false;  // nothing was done; `error` is for the client if there is no id to be had
};

// The id and epoch by which a client claims a transactional id.
struct ProducerClaim {
  std::string transactional_id;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
};

// A transaction's markers that are to be written.
struct TransactionMarkers {
  std::string transactional_id;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  TransactionEnd end = TransactionEnd::abort;
  TransactionVersion version = TransactionVersion::v0;
  PartitionsByTopic partitions;  // those not known to have it
};

struct TransactionAppend {
  CoordinatorCore::AppendId id = 0;
  TransactionLogRecord record;
};

struct TransactionOutput {
  std::vector<TransactionAppend> appends;
  std::vector<TransactionAnswer> answers;
  std::vector<std::string> notes;  // for the operator's log; contains strings that clients chose
};

class TransactionCoordinator {
 public:
  using AppendId = CoordinatorCore::AppendId;

  explicit TransactionCoordinator(const TransactionSettings& settings) : settings_(settings) {}
  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  // -- Loading. Meanwhile requests are answered COORDINATOR_LOAD_IN_PROGRESS.
  // A record, in the log's order. Errors: corrupt; the record is then ignored.
  Result<void> replay(const TransactionLogRecord& record);
  // Does a slice of the work that remains after all records are replayed. Call until it returns true.
  bool finish_loading(CoordinatorTime now);

  // -- Requests, each answered exactly once, now or later. Errors are those of the newest versions: PRODUCER_FENCED
  // where old versions have INVALID_PRODUCER_EPOCH.
  // InitProducerId (KIP-98, KIP-360). `producer`: id and epoch are -1 unless it continues after an error. `fresh_id`:
  // used if one is needed; else lost. Errors: INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, CONCURRENT_TRANSACTIONS,
  // also if an open transaction is aborted first, PRODUCER_FENCED.
  void init(TransactionToken token, const ProducerClaim& producer, std::int32_t timeout_ms,
            std::optional<ProducerId> fresh_id, CoordinatorTime now);
  // AddPartitionsToTxn, and AddOffsetsToTxn with the group's partition of __consumer_offsets. All or none.
  // Errors: INVALID_REQUEST, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS.
  void add_partitions(TransactionToken token, const ProducerClaim& producer, const PartitionsByTopic& partitions,
                      TransactionVersion version, CoordinatorTime now);
  // EndTxn. Answered once the decision is committed; markers are written afterwards. Errors: as add_partitions(), and
  // INVALID_TXN_STATE: no transaction can be ended in this way.
  void end(TransactionToken token, const ProducerClaim& producer, TransactionEnd end, TransactionVersion version,
           std::optional<ProducerId> fresh_id, CoordinatorTime now);

  // -- Queries, answered at once from committed state.
  // Those of the partitions that are not part of the producer's open transaction (AddPartitionsToTxn, verify_only;
  // KIP-890). Errors: as add_partitions().
  std::expected<PartitionsByTopic, ErrorCode> missing(const ProducerClaim& producer,
                                                      const PartitionsByTopic& partitions) const;
  DescribeTransactionsResponse::Transaction describe(const std::string& transactional_id) const;
  // Checks up to `limit` transactional ids after `after`; `last` is where to continue, nullopt at the end.
  struct Page {
    std::vector<ListTransactionsResponse::Transaction> transactions;
    std::optional<std::string> last;
  };
  using Matches = std::function<bool(const std::string& transactional_id)>;
  std::expected<Page, ErrorCode> list(const ListTransactionsRequest& filters, const Matches& matches,
                                      const std::optional<std::string>& after, std::size_t limit, Timestamp now) const;
  // Of up to `limit` transactional ids after `after`, those with a transaction that is not complete; `last` as in
  // list().
  struct OpenTransactions {
    std::int64_t count = 0;
    std::int64_t looked_at = 0;                                // transactional ids
    Timestamp oldest = std::numeric_limits<Timestamp>::max();  // when the first of them began
    std::optional<std::string> last = {};
  };
  OpenTransactions open_transactions(const std::optional<std::string>& after, std::size_t limit) const;
  // The transactions whose end is decided and which are not complete. Goes through all transactional ids.
  AllUnderWay under_way() const;

  // -- Markers to be written, of up to `limit` transactions after `after`.
  std::vector<TransactionMarkers> unmarked(const std::optional<std::string>& after, std::size_t limit) const;
  bool has_unmarked() const { return !to_mark_.empty(); }
  // These partitions have the marker, or were deleted. Ignored if they are no longer waited for.
  void marked(const TransactionMarkers& markers, CoordinatorTime now);

  // -- Time and log.
  void tick(CoordinatorTime now);
  Instant next_deadline() const;
  // All appends up to this one are committed.
  void committed(AppendId through, CoordinatorTime now);
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime now);
  // This broker is not the leader any more: waiting and later requests are answered NOT_COORDINATOR. Final.
  void resign();
  TransactionOutput take_output() { return std::exchange(output_, {}); }

 private:
  // The next state of a transactional id, while its record is not committed.
  struct Change {
    AppendId append = 0;
    std::optional<Transaction> next;  // nullopt: the id is removed
    std::optional<TransactionAnswer> answer;
  };
  struct Entry {
    std::optional<Transaction> current;  // nullopt: nothing is committed yet
    std::optional<Change> change;
    PartitionsByTopic unmarked;          // while it is prepared
    Instant times_out = Instant::max();  // while it is ongoing
    std::optional<Instant> timer;        // its entry in timers_

    // Other changes have to wait.
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
  // Sets the timer for the entry's next timeout or retry, not before `earliest`.
  void schedule(const std::string& id, Entry& entry, Instant earliest = {});
  void fire(const std::string& id, CoordinatorTime now);
  // When an open transaction times out; counted by the monotonic clock from now on.
  static Instant timeout_of(const Transaction& transaction, CoordinatorTime now);

  // Whether `producer` may end the transaction in this way: nullopt, or the error; `none`: it has ended so already.
  static std::optional<ErrorCode> end_refused(const Entry& entry, const ProducerClaim& producer, TransactionEnd end,
                                              TransactionVersion version);
  // Aborts the open transaction, and fences its producer.
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
  std::optional<std::string> expire_cursor_;  // where the current round continues
  TransactionOutput output_;
};

}  // namespace fulmar
