#include "scenarios/serve/bridge.h"

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration connect_time_max = seconds(30);  // as clients wait by default
constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

int Bridge::run(Host& host) {
  FiberGroup carriers;
  for (;;) {
    any_opened_.wait([this] { return !opened_.empty(); });
    auto next = std::move(opened_.front());
    opened_.pop_front();
    carriers.spawn("bridge", [&host, next = std::move(next)] { carry(host, next); });
  }
}

void Bridge::carry(Host& host, const std::shared_ptr<Link>& link) {
  auto connection = host.network().connect(link->to, host.clock().deadline_in(connect_time_max));
  if (!connection) return link->finish(State::broken);
  FiberGroup carriers;
  carriers.spawn("bridge inward", [&connection, &link] { carry_inward(**connection, *link); });
  carriers.spawn("bridge outward", [&connection, &link] { carry_outward(**connection, *link); });
  link->changed.wait([&link] { return link->gone || link->state != State::open; });
  (*connection)->abort();
  carriers.join();
}

void Bridge::carry_inward(Connection& connection, Link& link) {
  for (;;) {
    link.changed.wait([&link] { return link.is_over() || !link.inward.empty() || link.inward_ended; });
    if (link.is_over()) return;
    if (link.inward.empty()) return connection.shutdown_write();
    auto piece = std::move(link.inward.front());
    link.inward.pop_front();
    auto size = piece.size();
    if (!connection.write(ByteChain(std::move(piece)))) return link.finish(State::broken);
    link.inward_bytes -= size;
  }
}

// A broker that ends its responses has closed the connection: then both directions are over.
void Bridge::carry_outward(Connection& connection, Link& link) {
  for (;;) {
    link.changed.wait([&link] { return link.is_over() || link.outward_bytes < buffered_bytes_max; });
    if (link.is_over()) return;
    MutableBytes buffer(read_bytes);
    auto count = connection.read(buffer.span());
    if (!count || *count == 0) return link.finish(count ? State::ended : State::broken);
    link.outward_bytes += *count;
    link.outward.push_back(std::move(buffer).freeze(*count));
  }
}

void Bridge::open(std::uint64_t id, SocketAddress to) {
  auto link = std::make_shared<Link>();
  link->to = std::move(to);
  FULMAR_ASSERT(links_.emplace(id, link).second);
  opened_.push_back(std::move(link));
  any_opened_.notify_one();
}

void Bridge::give(std::uint64_t id, Bytes bytes) {
  auto& link = *links_.at(id);
  FULMAR_ASSERT(bytes.size() <= room(id));
  link.inward_bytes += bytes.size();
  link.inward.push_back(std::move(bytes));
  link.changed.notify_all();
}

void Bridge::end(std::uint64_t id) {
  auto& link = *links_.at(id);
  link.inward_ended = true;
  link.changed.notify_all();
}

void Bridge::close(std::uint64_t id) {
  auto link = links_.extract(id);
  FULMAR_ASSERT(!link.empty());
  link.mapped()->gone = true;
  link.mapped()->changed.notify_all();
}

void Bridge::acknowledge(std::uint64_t id, std::size_t bytes) {
  auto& link = *links_.at(id);
  FULMAR_ASSERT(bytes <= link.outward_bytes);
  link.outward_bytes -= bytes;
  link.changed.notify_all();
}

std::size_t Bridge::room(std::uint64_t id) const {
  return buffered_bytes_max - link(id).inward_bytes;
}

std::vector<Bytes> Bridge::take(std::uint64_t id) {
  return std::exchange(links_.at(id)->outward, {});
}

Bridge::State Bridge::state(std::uint64_t id) const {
  return link(id).state;
}

}  // namespace fulmar
