// A client's connection: requests are read one after the other, and answered in the order they came, whatever is ready
// first.
//
// A request is begun in order (so that one producer's batches are appended in order), but what it then waits for (a
// sync, data to fetch) does not hold back the next. Limits: requests under way and their bytes per connection, bytes of
// requests and of answers per shard, time without a request, for a request to arrive, and for the peer to take an
// answer. Whatever is not a request ends the connection.
//
// It has a fiber only while there is something to do: between two requests, in the midst of one that has not arrived,
// while the peer takes no answer, and while a fetch waits for records, it is an object that somebody will tell.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/net/frame_assembler.h"
#include "broker/net/memory_budget.h"
#include "broker/server/requests/handlers.h"
#include "runtime/fiber/alarm.h"
#include "runtime/host/network.h"

namespace fulmar {

class BrokerShard;
class ClientConnections;
struct Session;

class ServedConnection : public std::enable_shared_from_this<ServedConnection> {
 public:
  ServedConnection(BrokerShard& shard, ClientConnections& all, std::uint64_t id,
                   std::unique_ptr<Connection> connection);
  ~ServedConnection();

  void start() { serve_soon(); }
  // Ends it, with what is under way; from any code of the shard but a listener. `all` is told, once.
  void close();
  std::uint64_t id() const { return id_; }
  const SocketAddress& peer() const;

 private:
  struct Answer {
    std::uint64_t number = 0;
    std::int64_t request_bytes = 0;
    MemoryBudget::Charge request;  // memory of the request, until there is an answer
    std::shared_ptr<DelayedAnswer> delayed;
    bool attempted = false;
    std::optional<ByteChain> frame;  // once it is known; empty: there is none
    MemoryBudget::Charge memory;     // of the frame
    std::size_t written = 0;
  };
  // What it waits for without a fiber.
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

  void serve_soon();
  void write_soon();
  void serve();
  bool may_begin() const;
  Result<void> begin(Bytes frame, MemoryBudget::Charge memory);
  void attempt_soon(std::uint64_t number);
  void answered(std::uint64_t number, ByteChain frame, MemoryBudget::Charge memory);
  // Writes what is ready, as far as the peer takes it.
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
  std::vector<Answer> answers_;  // to come, the next first
  std::uint64_t next_number_ = 0;
  std::int64_t request_bytes_ = 0;  // of the requests that are not answered yet
  Instant active_at_;
  std::optional<Instant> read_until_;   // else it is given up
  std::optional<Instant> write_until_;  // likewise
  Instant write_begun_;
  Instant contended_at_;  // given up from then on if others wait for room for their answers
  Alarm alarm_;
  Readable readable_{*this};
  Writable writable_{*this};
  Room room_{*this};
  bool closed_ = false;
  bool serving_ = false;    // in a fiber, or about to
  bool held_back_ = false;  // until an answer has gone
  bool input_ended_ = false;
};

}  // namespace fulmar
