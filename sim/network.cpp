#include "sim/network.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "sim/sim_domain.h"
#include "sim/stream.h"

namespace fulmar {

SimNetwork::SimNetwork(SimScheduler& scheduler, Trace& trace, Random random)
    : scheduler_(scheduler), trace_(trace), random_(random) {}

SimNetwork::~SimNetwork() = default;

void SimNetwork::add_machine(const std::string& name) {
  machines_.push_back({.name = name, .listeners = {}});
}

std::string SimNetwork::address_of(std::size_t machine) {
  return "10.0.0." + std::to_string(machine + 1);
}

std::string_view SimNetwork::name_of(std::uint64_t connection, bool from_client, std::string_view bytes) {
  if (!namer_) return "data";
  return *names_.insert(namer_(connection, from_client, bytes)).first;
}

std::optional<std::size_t> SimNetwork::machine_at(const std::string& host) const {
  for (std::size_t i = 0; i < machines_.size(); ++i)
    if (machines_[i].name == host || address_of(i) == host) return i;
  return std::nullopt;
}

Result<std::vector<SocketAddress>> SimNetwork::resolve(const std::string& host, std::uint16_t port) const {
  bool numeric = !host.empty() && host.find_first_not_of("0123456789.:") == std::string::npos;
  if (numeric) return std::vector<SocketAddress>{{host, port}};
  auto machine = machine_at(host);
  if (!machine) return fail(Errc::unreachable, "no such host: " + host);
  return std::vector<SocketAddress>{{address_of(*machine), port}};
}

Result<std::unique_ptr<Listener>> SimNetwork::listen(std::size_t machine, const SocketAddress& at, bool shared) {
  check_cancelled();
  auto& here = machines_[machine];
  bool any = at.host.empty() || at.host == "0.0.0.0" || at.host == "::";
  if (!any && at.host != address_of(machine) && at.host != "127.0.0.1")
    return fail(Errc::invalid_argument, at.host + " is not an address of " + here.name);
  SocketAddress local{any ? address_of(machine) : at.host, at.port ? at.port : here.next_port++};
  for (auto [it, end] = here.listeners.equal_range(local.port); it != end; ++it)
    if (!shared || !it->second->shared_) return fail(Errc::address_in_use, to_string(local));
  return std::make_unique<SimListener>(*this, machine, std::move(local), shared);
}

Result<std::unique_ptr<Connection>> SimNetwork::connect(std::size_t machine, const SocketAddress& to,
                                                        Deadline deadline) {
  check_cancelled();
  auto target = to.host == "127.0.0.1" ? std::optional(machine) : machine_at(to.host);
  if (!target) return fail(Errc::unreachable, to_string(to));
  WaitList elapsed;
  Duration retry = seconds(1);
  auto place = place_of_fiber().value_or(Place{machine});
  auto tell = [&](Happening::Kind kind, Place where, std::size_t peer, std::uint64_t cause, const char* text) {
    return trace_.tell(scheduler_.now(), [&] {
      return Happening{
          .kind = kind, .where = where, .peer = peer, .cause = cause, .subject = to_string(to), .text = text};
    });
  };
  for (;;) {
    auto asked = tell(Happening::Kind::sent, place, *target, 0, "a request to connect");
    auto& there = link(machine, *target);
    auto& back = link(*target, machine);
    auto arrival = std::max(scheduler_.now() + latency(there), there.clogged_until);
    if (elapsed.wait(Deadline{std::min(arrival, deadline.at)}); scheduler_.now() >= deadline.at)
      return fail(Errc::timed_out, "connect to " + to_string(to));
    if (!there.cut && machines_[*target].up) {
      std::vector<SimListener*> listeners;
      for (auto [it, end] = machines_[*target].listeners.equal_range(to.port); it != end; ++it)
        if (it->second->waiting_.size() < SimListener::backlog_max) listeners.push_back(it->second);
      bool refused = there.refused || listeners.empty();
      SocketAddress here{address_of(machine), machines_[machine].next_port++};
      std::shared_ptr<SimStream> stream;
      std::unique_ptr<SimConnection> client;
      Place there_place{*target};
      if (!refused) {
        auto* listener = random_.pick(std::span(listeners));
        stream = std::make_shared<SimStream>(*this, next_stream_++, machine, *target);
        if (streams_.size() >= clear_streams_at_) {
          std::erase_if(streams_, [](const auto& s) { return s.expired(); });
          clear_streams_at_ = std::max<std::size_t>(64, 2 * streams_.size());
        }
        streams_.push_back(stream);
        stream->user[0] = place;
        stream->user[1] = listener->user_;
        there_place = listener->user_.value_or(there_place);
        client = std::make_unique<SimConnection>(stream, 0, here, to);
        listener->waiting_.push_back(std::make_unique<SimConnection>(stream, 1, to, here));
        listener->acceptable_.wake_one();
      }
      tell(Happening::Kind::received, there_place, machine, asked, "a request to connect");
      auto answered = tell(Happening::Kind::sent, there_place, machine, 0, refused ? "a refusal" : "a new connection");
      elapsed.wait(Deadline{std::min(scheduler_.now() + latency(back), deadline.at)});
      // The response may be lost: then the server has a connection that the client has given up.
      if (!back.cut) {
        tell(Happening::Kind::received, place, *target, answered, refused ? "a refusal" : "a new connection");
        if (refused) return fail(Errc::refused, "connect to " + to_string(to));
        if (stream->broken[0]) return fail(Errc::reset, "connect to " + to_string(to));
        return client;
      }
    }
    elapsed.wait(Deadline{std::min(scheduler_.now() + retry, deadline.at)});
    if (scheduler_.now() >= deadline.at) return fail(Errc::timed_out, "connect to " + to_string(to));
    retry *= 2;
  }
}

std::vector<StreamSight> SimNetwork::busy_streams() const {
  std::vector<StreamSight> busy;
  for (const auto& weak : streams_) {
    auto stream = weak.lock();
    if (!stream) continue;
    for (const auto& d : stream->direction) {
      if (d.under_way.empty() && d.bytes_arrived == 0) continue;
      auto& sight = busy.emplace_back(StreamSight{.connection = stream->number,
                                                  .from = stream->machine[d.from],
                                                  .to = stream->machine[1 - d.from],
                                                  .under_way = {},
                                                  .bytes_under_way = d.bytes_under_way,
                                                  .next_due = d.under_way.empty() ? Instant{} : d.under_way.front().due,
                                                  .bytes_unread = d.bytes_arrived,
                                                  .stuck = d.stuck});
      for (const auto& segment : d.under_way) sight.under_way.emplace_back(segment.name);
    }
  }
  return busy;
}

void SimNetwork::pace_again() {
  for (auto& weak : streams_) {
    auto stream = weak.lock();
    if (!stream) continue;
    for (auto& direction : stream->direction) stream->pace_again(direction);
  }
}

void SimNetwork::reset_connections(std::size_t a, std::size_t b) {
  for (auto& weak : streams_) {
    auto stream = weak.lock();
    if (!stream) continue;
    bool hit = a == b ? stream->machine[0] == a || stream->machine[1] == a
                      : (stream->machine[0] == a && stream->machine[1] == b) ||
                            (stream->machine[0] == b && stream->machine[1] == a);
    if (!hit) continue;
    stream->break_side(0, "breaks: it was reset on the way");
    stream->break_side(1, "breaks: it was reset on the way");
  }
}

void SimNetwork::power_loss(std::size_t machine) {
  machines_[machine].up = false;
  for (auto& weak : streams_) {
    auto stream = weak.lock();
    if (!stream) continue;
    for (int side = 0; side < 2; ++side) {
      if (stream->machine[side] != machine) continue;
      stream->break_side(side, "is forgotten with the machine's power");
      stream->end[side] = SimStream::End::vanished;
    }
  }
}

}  // namespace fulmar
