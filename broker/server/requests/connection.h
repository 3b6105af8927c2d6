// ServedConnection: a client's connection: reads requests one after the other, and sends the responses in the same
// order.
//
// Requests are begun in order (so that a producer's batches are appended in order), but what one then waits for (a
// sync, data to fetch) does not delay the next. Limited are: requests in progress and their bytes, per connection;
// bytes of requests and responses, per shard; the time without a request, for a request to arrive, and for the peer to
// take a response. Malformed requests end the connection. On a listener with SASL a gate stands before the requests.
//
// It has a fiber only while there is something to do. Between requests, while a request arrives, while the peer takes
// no response, and while a fetch waits for records, it is only an object that is notified.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/net/frame_assembler.h"
#include "broker/net/memory_budget.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/sasl_gate.h"
#include "broker/server/requests/slow_request.h"
#include "broker/server/shard/api_counts.h"
#include "broker/server/shard/client_counts.h"
#include "runtime/fiber/alarm.h"
#include "runtime/host/network.h"

namespace fulmar {

class BrokerShard;
class ClientConnections;
struct LimitedTime;
struct ListenerConfig;
class SaslServers;
struct Principal;
struct Session;

class ServedConnection : public std::enable_shared_from_this<ServedConnection> {
 public:
  // `sasl`: null if clients of the listener need not authenticate.
  ServedConnection(BrokerShard& shard, ClientConnections& all, std::uint64_t id, const ListenerConfig& listener,
                   const SaslServers* sasl, std::unique_ptr<Connection> connection, Principal principal);
  ~ServedConnection();

  void start() { serve_soon(); }
  // Ends the connection and its requests; from any code of the shard except a listener. Notifies `all` once.
  void close();
  std::uint64_t id() const { return id_; }
  const SocketAddress& peer() const;

 private:
  struct Answer {
    std::uint64_t number = 0;
    std::int64_t request_bytes = 0;
    RequestCounts::Slot slot = RequestCounts::uncounted;  // where it is counted once it is answered
    ApiCount* api = nullptr;                              // likewise
    RequestName name;
    RequestTimes times;
    MemoryBudget::Charge request;  // the request's memory, until there is a response
    std::shared_ptr<DelayedAnswer> delayed;
    std::shared_ptr<LimitedTime> time;  // null: it is not limited
    bool attempted = false;
    std::optional<ByteChain> frame;  // once it is known; empty: no response is sent
    MemoryBudget::Charge memory;     // of the frame
    std::size_t written = 0;
  };
  // Notifications that the connection waits for without a fiber.
  struct Readable final : ReadinessListener {
    explicit Readable(ServedConnection& c) : connection(c) {}
    void ready() noexcept override { connection.serve_soon(); }
    ServedConnection& connection;
  };
  struct Writable final : ReadinessListener {
    explicit Writable(ServedConnection& c) : connection(c) {}
    void ready() noexcept override { connection.write_soon(); }
    ServedConnection& connection;
  };
  struct Room final : MemoryBudget::Waiter {
    explicit Room(ServedConnection& c) : connection(c) {}
    virtual ~Room() = default;
    void granted() noexcept override { connection.serve_soon(); }
    ServedConnection& connection;
  };

  // A client that has failed to authenticate: it is told so, and closed, only after a while, so that guessing is slow.
  struct Refusal {
    Instant at;
    std::optional<ByteChain> frame;
  };

  void serve_soon();
  void write_soon();
  void serve();
  bool may_begin() const;
  bool is_throttled();
  bool has_room_for_an_answer();
  Result<void> begin(Bytes frame, MemoryBudget::Charge memory);
  // Whether the gate lets a frame through as a request. If not, it has answered it or refuses the client.
  bool passes_gate(const Bytes& frame);
  void count(RequestCounts::Slot slot);
  void count_by_name();
  void refuse(SaslGate::Ruling ruling);
  void tell_refusal();
  void expect_frames();
  // Whether the client should have authenticated by now, and has not.
  bool is_late(Instant at) const { return gate_ && gate_->deadline() && at >= *gate_->deadline(); }
  void attempt_soon(std::uint64_t number);
  // The request's work is done: counts the time it took, if that is limited.
  void done(std::uint64_t number, ByteChain frame, MemoryBudget::Charge memory);
  void answered(std::uint64_t number, ByteChain frame, MemoryBudget::Charge memory);
  // Writes the responses that are ready, as far as the peer takes them.
  void advance();
  void end(const Error& why);
  Instant now() const;
  Duration idle_max() const;
  void set_alarm();
  void alarm_rings();

  BrokerShard& shard_;
  ClientConnections& all_;
  const std::uint64_t id_;
  std::unique_ptr<Connection> connection_;  // null once closed
  const std::shared_ptr<Session> session_;
  FrameAssembler frames_;
  MemoryBudget::Charge first_of_answer_;  // for the next request's response
  const SaslServers* const sasl_;
  std::unique_ptr<SaslGate> gate_;  // null without `sasl_`
  std::optional<Refusal> refusal_;
  std::vector<RequestCounts::Slot> answered_to_stranger_;  // before it has authenticated; counted then, or at the end
  bool counted_by_name_ = false;                           // it has authenticated
  std::vector<Answer> answers_;                            // in the order of the requests
  std::uint64_t next_number_ = 0;
  std::int64_t request_bytes_ = 0;  // of requests without a response yet
  Instant active_at_;
  std::optional<Instant> read_until_;   // then the connection is ended
  std::optional<Instant> write_until_;  // likewise
  std::optional<Instant> held_until_;   // by a quota: then it goes on
  Instant write_begun_;
  Instant contended_at_;  // from then on ended if others wait for memory for their responses
  Alarm alarm_;
  Readable readable_{*this};
  Writable writable_{*this};
  Room room_{*this};
  bool closed_ = false;
  bool serving_ = false;    // in a fiber, or about to be
  bool held_back_ = false;  // until a response has been written
  bool input_ended_ = false;
};

}  // namespace fulmar
