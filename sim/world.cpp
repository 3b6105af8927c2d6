#include "sim/world.h"

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/base/copied_bytes.h"

namespace fulmar {

Node::Node(World& world, std::size_t number, std::string name, Random random)
    : world_(world),
      number_(number),
      name_(std::move(name)),
      random_(random),
      disk_(world.scheduler(), world.trace(), random.split("disk"), number, name_, [this] { return wall_ms(); }) {}

Node::~Node() = default;

void Node::reseed(const Random& random) {
  random_ = random;
  disk_.reseed(random.split("disk"));
}

namespace {
// Events of a machine, in the trace.
enum class NodeEvent : std::uint64_t { start = 10, stop, kill, power_loss, pause, resume, clock, stall, go_on, slow };

void record(World& world, const Node& node, NodeEvent what, const char* text) {
  world.trace().event(Trace::Kind::process, world.now(), node.number(), static_cast<std::uint64_t>(what));
  world.trace().account(world.now(), [&] { return node.name() + " " + text; });
  world.trace().tell(world.now(), [&] {
    return Happening{.kind = Happening::Kind::process, .where = Place{node.number()}, .text = text};
  });
}
}  // namespace

void Node::start(unsigned shards, ProcessMain main) {
  FULMAR_ASSERT(!running());
  record(world_, *this, NodeEvent::start, "starts");
  world_.network().set_up(number_, true);
  paused_ = false;
  has_stalled_shard_ = false;
  process_.reset();
  process_ = std::make_unique<SimProcess>(*this, starts_++, shards, std::move(main));
  process_->set_step_cost(step_cost_);
  process_->set_work_factor(work_factor_);
}

void Node::request_stop() {
  if (!running()) return;
  record(world_, *this, NodeEvent::stop, "is asked to stop");
  process_->request_stop();
}

void Node::kill() {
  if (!process_) return;
  record(world_, *this, NodeEvent::kill, "is killed");
  process_->die();
  paused_ = false;
}

void Node::reap() {
  if (process_ && process_->exit_code()) process_->die();
}

void Node::power_loss() {
  record(world_, *this, NodeEvent::power_loss, "loses power");
  world_.network().power_loss(number_);
  if (process_) process_->die();
  disk_.power_loss();
  paused_ = false;
}

void Node::pause() {
  if (!running() || paused_) return;
  record(world_, *this, NodeEvent::pause, "is paused");
  paused_ = true;
  process_->pause();
}

void Node::resume() {
  if (!paused_) return;
  record(world_, *this, NodeEvent::resume, "goes on");
  paused_ = false;
  process_->resume();
}

void Node::stall_shard(std::uint64_t pick) {
  if (!running()) return;
  record(world_, *this, NodeEvent::stall, "has a shard that stands still");
  has_stalled_shard_ = true;
  process_->stall(static_cast<unsigned>(pick % process_->shard_count()));
}

void Node::end_stalls() {
  if (!std::exchange(has_stalled_shard_, false) || !running()) return;
  record(world_, *this, NodeEvent::go_on, "has no shard any more that stands still");
  process_->unstall();
}

void Node::set_step_cost(Duration cost) {
  if (cost == step_cost_) return;
  record(world_, *this, NodeEvent::slow, cost > Duration(0) ? "gets slow" : "is slow no more");
  step_cost_ = cost;
  if (process_) process_->set_step_cost(cost);
}

void Node::set_work_factor(unsigned factor) {
  FULMAR_ASSERT(factor >= 1);
  work_factor_ = factor;
  if (process_) process_->set_work_factor(factor);
}

void Node::set_clock(ClockFaults faults) {
  auto now = world_.now();
  drifted_ms_ += (now - drift_since_).count() / 1'000'000 * clock_.drift_ppm / 1'000'000;
  drift_since_ = now;
  clock_ = faults;
  record(world_, *this, NodeEvent::clock, "has its wall clock changed");
}

Timestamp Node::wall_ms() const {
  auto drift = (world_.now() - drift_since_).count() / 1'000'000 * clock_.drift_ppm / 1'000'000;
  return world_.true_ms() + clock_.offset_ms + drifted_ms_ + drift;
}

World::World(std::uint64_t seed, LogLevel log_level)
    : log_level_(log_level),
      byte_blocks_at_start_(live_byte_blocks()),
      copied_until_now_(copied_bytes()),
      random_(seed),
      scheduler_(trace_, random_.split("scheduler")),
      network_(scheduler_, trace_, random_.split("network")) {
  trace_.fold(seed);
}

World::~World() {
  for (auto& node : nodes_) node->kill();
}

void World::branch_at(std::uint64_t events, std::uint64_t seed) {
  scheduler_.at_event(events, [this, random = Random(seed).split("branch")] {
    scheduler_.reseed(random.split("scheduler"));
    network_.reseed(random.split("network"));
    for (auto& node : nodes_) node->reseed(random.split("node").split(node->name()));
  });
}

Node& World::add_node(std::string name) {
  network_.add_machine(name);
  nodes_.push_back(std::make_unique<Node>(*this, nodes_.size(), name, random_.split("node").split(name)));
  return *nodes_.back();
}

void World::run_until(Instant at) {
  while (!stuck_ && scheduler_.step(at)) stuck_ = scheduler_.steps_this_instant() > steps_per_instant_max;
  scheduler_.advance(at);
}

bool World::run_until(const std::function<bool()>& holds, Instant deadline) {
  while (!holds()) {
    if (stuck_) return false;
    if (!scheduler_.step(deadline)) {
      scheduler_.advance(deadline);
      return holds();
    }
    stuck_ = scheduler_.steps_this_instant() > steps_per_instant_max;
  }
  return true;
}

std::uint64_t World::copied_in_step() {
  auto before = std::exchange(copied_until_now_, copied_bytes());
  return copied_until_now_ - before;
}

void World::note_stall(const Node& node, unsigned shard, std::string_view fiber, Duration work) {
  ShardStall stall{now(), node.name() + "/" + std::to_string(shard), std::string(fiber), work};
  trace_.line(now(), [&] {
    return stall.where + " is stalled for " + std::to_string(work / microseconds(1)) + " us by fiber " + stall.fiber;
  });
  if (stalls_.size() < stalls_max) stalls_.push_back(std::move(stall));
}

std::vector<std::string> World::leaks() {
  std::vector<std::string> found;
  for (auto& node : nodes_) {
    if (node->running()) found.push_back(node->name() + " still runs");
    if (node->disk().open_files() != 0)
      found.push_back(node->name() + " has " + std::to_string(node->disk().open_files()) + " open files");
  }
  if (scheduler_.live_fibers() != 0) found.push_back(std::to_string(scheduler_.live_fibers()) + " fibers are alive");
  if (network_.open_connections() != 0)
    found.push_back(std::to_string(network_.open_connections()) + " connections are open");
  return found;
}

}  // namespace fulmar
