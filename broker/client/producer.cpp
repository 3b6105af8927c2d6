#include "broker/client/producer.h"

#include <algorithm>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/produce.h"
#include "runtime/base/assert.h"
#include "runtime/host/backoff.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// Errors after which the batch may be written all the same: the broker timed out, had a disk failure or is in doubt, or
// says that it has it.
bool leaves_open(ErrorCode error) {
  switch (error) {
    case ErrorCode::unknown_server_error:
    case ErrorCode::request_timed_out:
    case ErrorCode::network_exception:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::duplicate_sequence_number:
    case ErrorCode::kafka_storage_error: return true;
    default: return false;
  }
}

// The only connection error that occurs before anything is sent.
bool was_not_sent(const Error& error) {
  return error.code == Errc::unsupported;
}

}  // namespace

Producer::Producer(Host& host, ProducerOptions options)
    : host_(host),
      options_(std::move(options)),
      one_broker_(std::make_unique<OneBroker>(host, options_.bootstrap, options_.client_id)),
      brokers_(*one_broker_) {
  FULMAR_ASSERT(!options_.idempotent || options_.acks == -1);
}

Producer::Producer(Host& host, Brokers& brokers, ProducerOptions options)
    : host_(host), options_(std::move(options)), brokers_(brokers) {
  FULMAR_ASSERT(!options_.idempotent || options_.acks == -1);
}

Producer::~Producer() = default;

Answer<void> Producer::ensure_identity(Deadline deadline) {
  // A new producer id may not be used while batches with the old one are in flight.
  while (identity_spent_ && in_flight_ > 0)
    if (idle_.wait([&] { return in_flight_ == 0; }, deadline) == WaitResult::timed_out)
      return fail(Errc::timed_out, "batches of the old identity are under way");
  if (producer_id_ != no_producer_id && !identity_spent_) return {};
  FULMAR_TRY(auto connection, brokers_.any(deadline));
  InitProducerIdRequest request;
  FULMAR_TRY(auto response, connection->call<InitProducerIdResponse>(request, deadline));
  if (response.error_code != ErrorCode::none) return refuse(response.error_code, "no producer id");
  if (producer_id_ != no_producer_id && !identity_spent_) return {};  // another fiber has done it
  producer_id_ = response.producer_id;
  producer_epoch_ = response.producer_epoch;
  identity_spent_ = false;
  for (auto& [key, state] : partitions_) state.next_sequence = options_.first_sequence;
  return {};
}

Delivery Producer::send(const std::string& topic, std::int32_t partition, const std::vector<Record>& records) {
  auto& clock = host_.clock();
  auto give_up = clock.deadline_in(options_.delivery_timeout);
  Backoff backoff(host_, options_.retry_backoff, options_.retry_backoff_max);
  Delivery delivery;
  auto [entry, added] = partitions_.try_emplace({topic, partition});
  auto& state = entry->second;
  if (added) state.next_sequence = options_.first_sequence;
  BatchOptions batch_options{.codec = options_.codec, .claimed_max_timestamp = options_.claimed_max_timestamp};
  std::optional<LockGuard> first_send;
  if (options_.idempotent) {
    first_send.emplace(state.first_send);
    for (;;) {
      auto ensured = ensure_identity(Deadline{std::min(give_up.at, (clock.now() + options_.request_timeout))});
      if (ensured) break;
      if (clock.now() >= give_up.at) {
        delivery.outcome = Delivery::Outcome::failed;
        delivery.reason = ensured.error();
        return delivery;
      }
      backoff.pause();
    }
    batch_options.producer_id = producer_id_;
    batch_options.producer_epoch = producer_epoch_;
    batch_options.base_sequence = state.next_sequence;
    state.next_sequence = sequence_after(state.next_sequence, static_cast<std::int32_t>(records.size()));
  }
  struct InFlight {
    Producer& producer;
    explicit InFlight(Producer& p) : producer(p) { ++producer.in_flight_; }
    ~InFlight() {
      if (--producer.in_flight_ == 0) producer.idle_.notify_all();
    }
  } in_flight(*this);

  ProduceRequest request;
  request.acks = options_.acks;
  request.timeout_ms = static_cast<std::int32_t>(options_.request_timeout.count() / 1'000'000);
  request.topics.push_back({topic, {{partition, ByteChain(build_batch(records, batch_options))}}});

  bool maybe_written = false;
  for (;;) {
    ++delivery.attempts;
    auto deadline = Deadline{std::min(give_up.at, (clock.now() + options_.request_timeout))};
    auto connection = brokers_.leader(topic, partition, deadline);
    if (!connection) delivery.reason = connection.error();
    if (connection && options_.acks == 0) {
      auto sent = (*connection)->send(request, deadline, options_.version_max);
      delivery.outcome = sent                         ? Delivery::Outcome::ok
                         : was_not_sent(sent.error()) ? Delivery::Outcome::failed
                                                      : Delivery::Outcome::unknown;
      if (!sent) delivery.reason = sent.error();
      if (!sent) brokers_.doubt_leader(topic, partition);
      return delivery;
    }
    if (connection) {
      auto response = (*connection)->call<ProduceResponse>(request, deadline, options_.version_max);
      first_send.reset();
      bool shaped = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
      if (!response) delivery.reason = response.error();
      if (!response && was_not_sent(response.error())) break;
      // Responses come in order, so later requests would not be answered either.
      if (!response) (*connection)->abort();
      if (!response || !shaped) {
        maybe_written = true;
        if (response) delivery.reason = Error(Errc::corrupt, "Produce was answered with something else");
      } else {
        const auto& answer = response->topics[0].partitions[0];
        delivery.error = answer.error_code;
        if (answer.error_code != ErrorCode::none) delivery.refusals.insert(answer.error_code);
        if (answer.error_code == ErrorCode::none) {
          delivery.outcome = Delivery::Outcome::ok;
          delivery.base_offset = answer.base_offset;
          return delivery;
        }
        delivery.reason.emplace(answer.error_code, answer.error_message.value_or(topic));
        maybe_written = maybe_written || leaves_open(answer.error_code);
        bool in_sequence_later = options_.idempotent && answer.error_code == ErrorCode::out_of_order_sequence_number;
        if (!is_retriable(answer.error_code) && !in_sequence_later) break;
      }
    }
    first_send.reset();
    // Without idempotence a retry could write the batch twice: it is not sent again if it may be written.
    if (maybe_written && !options_.idempotent) break;
    if (identity_spent_ || clock.now() >= give_up.at) break;
    brokers_.doubt_leader(topic, partition);
    backoff.pause();
    // A request sent too late to be answered would only turn a known failure into an unknown one.
    if (clock.now() >= give_up.at) break;
  }
  delivery.outcome = maybe_written ? Delivery::Outcome::unknown : Delivery::Outcome::failed;
  // A broker's error says more than a later failure to reach one.
  if (delivery.error != ErrorCode::none && delivery.reason && delivery.reason->code != delivery.error)
    delivery.reason->detail += "; the last answer was " + std::string(error_code_name(delivery.error));
  if (options_.idempotent) identity_spent_ = true;
  return delivery;
}

}  // namespace fulmar
