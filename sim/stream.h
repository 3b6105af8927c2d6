// SimStream: one connection of the simulated network, in both directions.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/fiber/wait_list.h"
#include "sim/network.h"

namespace fulmar {

struct SimStream : std::enable_shared_from_this<SimStream> {
  static constexpr std::size_t window_bytes = 256 * 1024;
  static constexpr Duration retransmit_first = milliseconds(200);
  static constexpr Duration retransmit_interval_max = seconds(3);
  static constexpr Duration retransmit_max = seconds(60);

  enum class What : std::uint8_t { data, end, reset };
  struct Segment {
    What what;
    Bytes data;
    Instant due;
    std::uint64_t sent = 0;      // the number of the happening
    std::string_view name = {};  // as it is told
  };

  // One direction, from side `from` to the other: bytes in flight, and those that have arrived and are unread.
  struct Direction final : Timer {
    virtual ~Direction() = default;
    void fire() noexcept override { stream->deliver(*this); }

    SimStream* stream = nullptr;
    int from = 0;
    std::deque<Segment> under_way;
    std::size_t bytes_under_way = 0;
    Instant last_due;
    Duration retry = retransmit_first;
    Instant stuck_since;
    bool stuck = false;
    std::deque<Bytes> arrived;
    std::size_t bytes_arrived = 0;
    bool ended = false;          // the reader is at the end, or will be after `arrived`
    std::uint64_t received = 0;  // the number of the last such happening
    WaitList readable;
    WaitList writable;
    ReadinessListener* when_readable = nullptr;
    ReadinessListener* when_writable = nullptr;

    void tell_reader();
    void tell_writer();
  };

  // The state of an end: used by its process, closed by it (the kernel still sends its data), or lost with its
  // machine's power.
  enum class End : std::uint8_t { open, closed, vanished };

  SimStream(SimNetwork& network, std::uint64_t number, std::size_t client, std::size_t server);
  ~SimStream();

  void send(int from, Segment segment);
  void pace_again(Direction& direction);
  void deliver(Direction& direction);
  // Side `side` finds its connection broken, as `text` says, because of an earlier happening or of the one that acts.
  void break_side(int side, std::string_view text, std::uint64_t cause = 0);
  void close_side(int side);
  void wake(int side);
  // Notes that the running fiber uses the side.
  void note_user(int side);

  SimNetwork& network;
  std::uint64_t number;
  std::size_t machine[2];
  // For happenings: the place that last used the side. None: no fiber has.
  std::optional<Place> user[2];
  Direction direction[2];  // by the side that writes
  End end[2] = {End::open, End::open};
  bool broken[2] = {false, false};
};

// One process' end of a stream.
class SimConnection final : public Connection {
 public:
  SimConnection(std::shared_ptr<SimStream> stream, int side, SocketAddress local, SocketAddress peer);
  ~SimConnection() override;

  Result<std::size_t> read(std::span<char> into, Deadline deadline) override;
  Result<void> write(const ByteChain& data, Deadline deadline) override;
  Result<std::size_t> write_some(const ByteChain& data, std::size_t from) override;
  void when_readable(ReadinessListener* listener) override;
  void when_writable(ReadinessListener* listener) override;
  void shutdown_write() override;
  void abort() override;
  const SocketAddress& peer() const override { return peer_; }
  const SocketAddress& local() const override { return local_; }

 private:
  std::shared_ptr<SimStream> stream_;
  int side_;
  SocketAddress local_;
  SocketAddress peer_;
  bool aborted_ = false;
  bool write_ended_ = false;
};

class SimListener final : public Listener {
 public:
  static constexpr std::size_t backlog_max = 128;

  SimListener(SimNetwork& network, std::size_t machine, SocketAddress local, bool shared);
  ~SimListener() override;

  Result<std::unique_ptr<Connection>> accept() override;
  void close() override;
  const SocketAddress& local() const override { return local_; }

 private:
  friend class SimNetwork;
  SimNetwork& network_;
  std::size_t machine_;
  std::optional<Place> user_;
  SocketAddress local_;
  bool shared_;
  bool closed_ = false;
  std::deque<std::unique_ptr<SimConnection>> waiting_;
  WaitList acceptable_;
};

}  // namespace fulmar
