#include "sim/stream.h"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "sim/sim_domain.h"

namespace fulmar {

namespace {

std::string_view name_of(SimStream::What what) {
  return what == SimStream::What::end ? "the end" : "a reset";
}

}  // namespace

SimStream::SimStream(SimNetwork& n, std::uint64_t i, std::size_t client, std::size_t server)
    : network(n), number(i), machine{client, server} {
  for (int side = 0; side < 2; ++side) {
    direction[side].stream = this;
    direction[side].from = side;
  }
}

SimStream::~SimStream() {
  for (auto& d : direction) network.scheduler_.disarm(d);
}

void SimStream::Direction::tell_reader() {
  readable.wake_all();
  if (auto* listener = std::exchange(when_readable, nullptr)) listener->ready();
}

void SimStream::Direction::tell_writer() {
  writable.wake_all();
  if (auto* listener = std::exchange(when_writable, nullptr)) listener->ready();
}

void SimStream::wake(int side) {
  direction[1 - side].tell_reader();
  direction[side].tell_writer();
}

void SimStream::note_user(int side) {
  if (!network.trace_.observed()) return;
  if (auto here = place_of_fiber()) user[side] = here;
}

void SimStream::break_side(int side, std::string_view text, std::uint64_t cause) {
  if (broken[side]) return;
  broken[side] = true;
  network.trace_.tell(network.scheduler_.now(), [&] {
    return Happening{.kind = Happening::Kind::received,
                     .where = user[side].value_or(Place{machine[side]}),
                     .peer = machine[1 - side],
                     .cause = cause,
                     .subject = "connection " + std::to_string(number),
                     .text = std::string(text)};
  });
  auto& out = direction[side];
  out.under_way.clear();
  out.bytes_under_way = 0;
  network.scheduler_.disarm(out);
  wake(side);
}

void SimStream::send(int from, Segment segment) {
  auto& d = direction[from];
  auto& link = network.link(machine[from], machine[1 - from]);
  auto now = network.scheduler_.now();
  auto transfer = nanoseconds(static_cast<std::int64_t>(segment.data.size()) * 1'000'000 /
                              std::max<std::int64_t>(1, link.bytes_per_ms));
  segment.sent = network.trace_.tell(now, [&] {
    segment.name =
        segment.what == What::data ? network.name_of(number, from == 0, segment.data.view()) : name_of(segment.what);
    return Happening{.kind = Happening::Kind::sent,
                     .where = place_of_fiber().value_or(Place{machine[from]}),
                     .peer = machine[1 - from],
                     .bytes = segment.data.size(),
                     .subject = "connection " + std::to_string(number),
                     .text = std::string(segment.name)};
  });
  // In order: no segment overtakes an earlier one; the link's bandwidth spaces them.
  segment.due = std::max({now + network.latency(link), d.last_due + transfer, link.clogged_until});
  d.last_due = segment.due;
  d.bytes_under_way += segment.data.size();
  d.under_way.push_back(std::move(segment));
  if (!d.armed()) network.scheduler_.arm(d, d.under_way.front().due);
}

void SimStream::pace_again(Direction& d) {
  if (d.under_way.empty()) return;
  auto& link = network.link(machine[d.from], machine[1 - d.from]);
  auto at = std::max(network.scheduler_.now() + link.latency_max, link.clogged_until);
  for (auto& segment : d.under_way) {
    at = at + nanoseconds(static_cast<std::int64_t>(segment.data.size()) * 1'000'000 /
                          std::max<std::int64_t>(1, link.bytes_per_ms));
    segment.due = at = std::min(segment.due, at);
  }
  d.last_due = d.under_way.back().due;
  if (d.stuck) return;  // it has its own retry
  network.scheduler_.disarm(d);
  network.scheduler_.arm(d, d.under_way.front().due);
}

void SimStream::deliver(Direction& d) {
  auto self = shared_from_this();  // a side that sees a reset may release the last reference
  auto& scheduler = network.scheduler_;
  auto now = scheduler.now();
  int to = 1 - d.from;
  while (!d.under_way.empty() && d.under_way.front().due <= now) {
    bool unreachable = network.link(machine[d.from], machine[to]).cut || !network.machines_[machine[to]].up;
    if (unreachable) {
      if (!d.stuck) {
        d.stuck = true;
        d.stuck_since = now;
        d.retry = retransmit_first;
      } else if (now - d.stuck_since > retransmit_max) {
        break_side(d.from, "breaks: nothing was acknowledged for too long");
        return;
      }
      scheduler.arm(d, now + d.retry);
      d.retry = std::min(d.retry * 2, retransmit_interval_max);
      return;
    }
    d.stuck = false;
    Segment segment = std::move(d.under_way.front());
    d.under_way.pop_front();
    d.bytes_under_way -= segment.data.size();
    network.trace_.event(Trace::Kind::network, now, number << 2 | static_cast<std::uint64_t>(d.from),
                         segment.data.size());
    network.trace_.bytes(segment.data.view());
    d.received = network.trace_.tell(now, [&] {
      return Happening{.kind = Happening::Kind::received,
                       .where = end[to] == End::open ? user[to].value_or(Place{machine[to]}) : Place{machine[to]},
                       .peer = machine[d.from],
                       .cause = segment.sent,
                       .bytes = segment.data.size(),
                       .subject = "connection " + std::to_string(number),
                       .text = std::string(segment.name)};
    });
    if (end[to] != End::open) {
      // The receiver is gone: data is answered by a reset, as from a closed or forgotten socket.
      if (segment.what == What::data) break_side(d.from, "breaks: the other end is closed", d.received);
      if (segment.what != What::data) d.ended = true;
      if (broken[d.from]) return;
      continue;
    }
    switch (segment.what) {
      case What::data:
        d.bytes_arrived += segment.data.size();
        d.arrived.push_back(std::move(segment.data));
        d.tell_reader();
        break;
      case What::end:
        d.ended = true;
        d.tell_reader();
        break;
      case What::reset: break_side(to, "breaks: it was reset", d.received); return;
    }
  }
  if (!d.under_way.empty()) scheduler.arm(d, d.under_way.front().due);
}

void SimStream::close_side(int side) {
  if (end[side] != End::open) return;
  end[side] = End::closed;
  auto& in = direction[1 - side];
  bool unread = in.bytes_arrived > 0;
  in.arrived.clear();
  in.bytes_arrived = 0;
  in.tell_writer();
  if (!broken[side] && end[1 - side] == End::open) send(side, {unread ? What::reset : What::end, {}, {}});
}

SimConnection::SimConnection(std::shared_ptr<SimStream> stream, int side, SocketAddress local, SocketAddress peer)
    : stream_(std::move(stream)), side_(side), local_(std::move(local)), peer_(std::move(peer)) {
  ++stream_->network.open_connections_;
  ++stream_->network.machines_[stream_->machine[side_]].open_connections;
}

SimConnection::~SimConnection() {
  when_readable(nullptr);
  when_writable(nullptr);
  --stream_->network.open_connections_;
  --stream_->network.machines_[stream_->machine[side_]].open_connections;
  stream_->close_side(side_);
}

Result<std::size_t> SimConnection::read(std::span<char> into, Deadline deadline) {
  check_cancelled();
  FULMAR_ASSERT(!into.empty());
  auto stream = stream_;
  stream->note_user(side_);
  auto& d = stream->direction[1 - side_];
  for (;;) {
    if (aborted_) return fail(Errc::closed, "connection to " + to_string(peer_) + " was aborted");
    if (stream->broken[side_]) return fail(Errc::reset, "connection to " + to_string(peer_) + " was reset");
    if (!d.arrived.empty()) break;
    if (d.ended) return std::size_t{0};
    if (d.readable.wait(deadline) == WaitResult::timed_out)
      return fail(Errc::timed_out, "read from " + to_string(peer_));
  }
  // Sometimes returns fewer bytes than there are: readers must not rely on more than one.
  auto& random = stream->network.random_;
  auto wanted = into.size();
  if (random.chance(1, 8)) wanted = 1 + random.below(wanted);
  std::size_t done = 0;
  while (done < wanted && !d.arrived.empty()) {
    auto& first = d.arrived.front();
    auto piece = std::min(wanted - done, first.size());
    first.view().copy(into.data() + done, piece);
    done += piece;
    if (piece == first.size())
      d.arrived.pop_front();
    else
      first = first.slice(piece);
  }
  d.bytes_arrived -= done;
  d.tell_writer();
  return done;
}

Result<void> SimConnection::write(const ByteChain& data, Deadline deadline) {
  check_cancelled();
  auto stream = stream_;
  for (std::size_t done = 0; done < data.size();) {
    FULMAR_TRY(auto written, write_some(data, done));
    done += written;
    if (done < data.size() && stream->direction[side_].writable.wait(deadline) == WaitResult::timed_out)
      return fail(Errc::timed_out, "write to " + to_string(peer_));
  }
  return {};
}

Result<std::size_t> SimConnection::write_some(const ByteChain& data, std::size_t from) {
  auto& d = stream_->direction[side_];
  auto& random = stream_->network.random_;
  FULMAR_ASSERT(!write_ended_);
  stream_->note_user(side_);
  std::size_t done = 0;
  for (const auto& part : data.parts()) {
    auto at = std::min(from, part.size());
    from -= at;
    while (at < part.size()) {
      if (aborted_) return fail(Errc::closed, "connection to " + to_string(peer_) + " was aborted");
      if (stream_->broken[side_]) return fail(Errc::reset, "connection to " + to_string(peer_) + " was reset");
      auto used = d.bytes_under_way + d.bytes_arrived;
      if (used >= SimStream::window_bytes) return done;
      auto piece = std::min(part.size() - at, SimStream::window_bytes - used);
      if (random.chance(1, 8)) piece = 1 + random.below(piece);
      stream_->send(side_, {SimStream::What::data, part.slice(at, piece), {}});
      at += piece;
      done += piece;
    }
  }
  return done;
}

void SimConnection::when_readable(ReadinessListener* listener) {
  auto& d = stream_->direction[1 - side_];
  if (listener) stream_->note_user(side_);
  d.when_readable = listener;
  if (listener && (aborted_ || stream_->broken[side_] || !d.arrived.empty() || d.ended)) d.tell_reader();
}

void SimConnection::when_writable(ReadinessListener* listener) {
  auto& d = stream_->direction[side_];
  d.when_writable = listener;
  bool room = d.bytes_under_way + d.bytes_arrived < SimStream::window_bytes;
  if (listener && (aborted_ || stream_->broken[side_] || room)) d.tell_writer();
}

void SimConnection::shutdown_write() {
  if (write_ended_ || aborted_ || stream_->broken[side_]) return;
  write_ended_ = true;
  stream_->send(side_, {SimStream::What::end, {}, {}});
}

void SimConnection::abort() {
  if (aborted_) return;
  aborted_ = true;
  if (!stream_->broken[side_] && stream_->end[side_] == SimStream::End::open)
    stream_->send(side_, {SimStream::What::reset, {}, {}});
  stream_->wake(side_);
}

SimListener::SimListener(SimNetwork& network, std::size_t machine, SocketAddress local, bool shared)
    : network_(network), machine_(machine), user_(place_of_fiber()), local_(std::move(local)), shared_(shared) {
  network_.machines_[machine_].listeners.emplace(local_.port, this);
}

SimListener::~SimListener() {
  close();
}

Result<std::unique_ptr<Connection>> SimListener::accept() {
  check_cancelled();
  while (!closed_ && waiting_.empty()) acceptable_.wait();
  if (closed_) return fail(Errc::closed, "listener " + to_string(local_));
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

void SimListener::close() {
  if (closed_) return;
  closed_ = true;
  std::erase_if(network_.machines_[machine_].listeners, [this](const auto& entry) { return entry.second == this; });
  waiting_.clear();
  acceptable_.wake_all();
}

}  // namespace fulmar
