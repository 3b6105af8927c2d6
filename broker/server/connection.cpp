#include "broker/server/connection.h"

#include <algorithm>

#include "broker/net/frame_reader.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"
#include "broker/server/membership.h"
#include "runtime/fiber/future.h"
#include "runtime/fiber/queue.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t requests_under_way_max = 16;  // of one connection: what clients keep in flight, and some
constexpr std::int64_t request_bytes_under_way_max = 16 << 20;  // of one connection; one larger request goes alone
constexpr Duration response_write_max = seconds(30);  // for a peer to take an answer: a slow reader may not hold memory

class ConnectionServer {
 public:
  ConnectionServer(BrokerShard& shard, Connection& connection)
      : shard_(shard),
        connection_(connection),
        frames_(connection, shard.host().clock(),
                {.size_max = shard.config().request_bytes_max, .idle_max = shard.config().connection_idle_max}),
        answers_(requests_under_way_max) {}

  void run() {
    fibers_.spawn("answer", [this] { write_answers(); });
    auto ended = read_requests();
    answers_.close();
    if (!ended) {
      auto code = ended.error().code;
      bool ordinary = code == Errc::closed || code == Errc::reset || code == Errc::timed_out;
      shard_.strangers_log().log(ordinary ? LogLevel::debug : LogLevel::warn, "connection closed",
                                 {{"peer", to_string(connection_.peer())}, {"reason", to_string(ended.error())}});
      connection_.abort();
      return;  // with what is under way
    }
    fibers_.join();  // the peer sent its last request: it still gets its answers
  }

 private:
  struct Answer {
    Future<ByteChain> frame;
    SemaphoreUnits own_memory;
    SemaphoreUnits memory;
    SemaphoreUnits fetch_turn;
  };

  Result<void> read_requests() {
    for (;;) {
      TRY(auto size, frames_.next_size());
      if (size == 0) return {};
      // Waits while too much is queued, of this connection's or in all: the peer feels it as back-pressure.
      auto own_units = std::min<std::int64_t>(static_cast<std::int64_t>(size), request_bytes_under_way_max);
      bytes_.acquire(own_units);
      SemaphoreUnits own_memory(bytes_, own_units);
      auto units = std::min<std::int64_t>(static_cast<std::int64_t>(size), shard_.config().queued_bytes_max);
      shard_.queued_bytes().acquire(units);
      SemaphoreUnits memory(shard_.queued_bytes(), units);
      TRY(Bytes frame, frames_.body(size));
      Bytes whole = frame;
      Reader reader(std::move(frame));
      TRY(auto header, read_request_header(reader));
      // One fetch of a connection at a time: an answer may be large, and a session's requests build on one another.
      SemaphoreUnits fetch_turn;
      if (header.api_key == static_cast<std::int16_t>(ApiKey::fetch)) {
        fetches_.acquire(1);
        fetch_turn = SemaphoreUnits(fetches_, 1);
      }
      TRY(auto finish, begin_client_request(shard_, header, reader, std::move(whole)));
      Promise<ByteChain> promise;
      if (!answers_.push({promise.future(), std::move(own_memory), std::move(memory), std::move(fetch_turn)}))
        return fail(Errc::closed, "the peer takes no answers");
      fibers_.spawn("request",
                    [promise = std::move(promise), finish = std::move(finish)]() mutable { promise.set(finish()); });
    }
  }

  void write_answers() {
    while (auto answer = answers_.pop()) {
      auto frame = answer->frame.get();
      if (!frame) break;
      if (frame->empty()) continue;
      auto written = connection_.write(*frame, shard_.host().clock().deadline_in(response_write_max));
      if (!written) break;
    }
    // Nobody to answer: the reader hears of it through the connection, or through what it waits for in the answers that
    // are dropped here.
    if (!answers_.closed() || answers_.size() > 0) {
      answers_.close();
      connection_.abort();
      while (answers_.pop()) continue;
    }
  }

  BrokerShard& shard_;
  Connection& connection_;
  FrameReader frames_;
  Semaphore fetches_{1};
  Semaphore bytes_{request_bytes_under_way_max};
  BoundedQueue<Answer> answers_;
  FiberGroup fibers_;
};

}  // namespace

void serve_connection(BrokerShard& shard, Connection& connection) {
  ConnectionServer(shard, connection).run();
}

}  // namespace fulmar
