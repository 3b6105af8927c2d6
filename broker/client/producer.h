// Producer: sends batches of records to the leaders of partitions, with retries, and reports the outcome of each.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "broker/client/brokers.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/record_builder.h"
#include "runtime/fiber/condition.h"

namespace fulmar {

struct ProducerOptions {
  SocketAddress bootstrap;             // of the single broker; unused if the constructor is given Brokers
  std::string client_id = "producer";  // likewise
  std::int16_t acks = -1;
  bool idempotent = true;  // requires acks=-1
  Compression codec = Compression::none;
  Duration request_timeout = seconds(10);
  Duration delivery_timeout = seconds(60);
  Duration retry_backoff = milliseconds(100);
  Duration retry_backoff_max = seconds(2);
  std::int16_t version_max = 12;                        // newer ones identify topics by ids
  std::int32_t first_sequence = 0;                      // tests begin near the largest
  std::optional<Timestamp> claimed_max_timestamp = {};  // for tests: replaces the right value
};

struct Delivery {
  enum class Outcome : unsigned char {
    ok,       // acknowledged, at `base_offset` (with acks=0: only sent)
    failed,   // not written, for certain
    unknown,  // it may have been written, or may be written later
  };
  Outcome outcome = Outcome::unknown;
  Offset base_offset = -1;
  ErrorCode error = ErrorCode::none;  // of the last response
  std::set<ErrorCode> refusals;       // errors of all responses
  int attempts = 0;
  std::optional<ClientError> reason;  // if not ok: the last attempt's error
};

class Producer {
 public:
  Producer(Host& host, ProducerOptions options);  // for the single broker at options.bootstrap
  Producer(Host& host, Brokers& brokers, ProducerOptions options);
  ~Producer();

  // Sends one batch and retries until it is acknowledged, refused for good, or the delivery timeout is over. Fibers may
  // call at once; batches of one partition are first sent in the order of the calls.
  Delivery send(const std::string& topic, std::int32_t partition, const std::vector<Record>& records);

  ProducerId producer_id() const { return producer_id_; }
  bool saw_wrong_answer() const { return brokers_.saw_wrong_answer(); }

 private:
  struct PartitionState {
    std::int32_t next_sequence = 0;
    Mutex first_send;  // held from taking a sequence until the first attempt has ended
  };

  Answer<void> ensure_identity(Deadline deadline);

  Host& host_;
  ProducerOptions options_;
  std::unique_ptr<OneBroker> one_broker_;  // if no Brokers were given
  Brokers& brokers_;
  ProducerId producer_id_ = no_producer_id;
  std::int16_t producer_epoch_ = -1;
  bool identity_spent_ = false;  // a batch was given up: its sequence is missing, and no later batch is accepted
  int in_flight_ = 0;
  Condition idle_;
  std::map<std::pair<std::string, std::int32_t>, PartitionState> partitions_;
};

}  // namespace fulmar
