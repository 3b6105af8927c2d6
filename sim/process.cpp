#include "sim/process.h"

#include <algorithm>

#include "sim/sim_domain.h"
#include "sim/world.h"

namespace fulmar {

// Declared work below this, in one step, takes no time, like undeclared work.
constexpr Duration work_that_counts = microseconds(20);

class SimHost::ShardDomain final : public SimDomain {
 public:
  ShardDomain(SimHost& host, Scheduler& scheduler, std::string_view name, Place place)
      : SimDomain(scheduler, name, place), host_(host) {}
  void stepped(std::string_view fiber) override { host_.stepped(fiber); }

 private:
  SimHost& host_;
};

class SimHost::ClockView final : public Clock {
 public:
  ClockView(SimScheduler& scheduler, Node& node) : scheduler_(scheduler), node_(node) {}
  Instant now() const override { return scheduler_.now(); }
  Timestamp wall_ms() const override { return node_.wall_ms(); }
  void sleep_until(Instant at) override {
    WaitList never;
    never.wait(Deadline{at});
  }

 private:
  SimScheduler& scheduler_;
  Node& node_;
};

class SimHost::NetworkView final : public Network {
 public:
  NetworkView(SimNetwork& network, std::size_t machine) : network_(network), machine_(machine) {}
  Result<std::unique_ptr<Listener>> listen(const SocketAddress& at, bool shared) override {
    return network_.listen(machine_, at, shared);
  }
  Result<std::unique_ptr<Connection>> connect(const SocketAddress& to, Deadline deadline) override {
    return network_.connect(machine_, to, deadline);
  }
  Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Deadline) override {
    return network_.resolve(host, port);
  }

 private:
  SimNetwork& network_;
  std::size_t machine_;
};

class SimHost::EntropyView final : public Entropy {
 public:
  explicit EntropyView(Random random) : random_(random) {}
  std::uint64_t next() override { return random_.next(); }

 private:
  Random random_;
};

class SimHost::Sink final : public LogSink {
 public:
  Sink(World& world, LogLevels& levels, std::string who, Place place)
      : world_(world), levels_(levels), who_(std::move(who)), place_(place) {}
  LogLevels& levels() override { return levels_; }
  void write(LogLevel level, std::string_view component, std::string_view message, LogFields fields) override {
    auto now = world_.scheduler().now();
    auto line = log_text(message, fields);
    world_.trace().event(Trace::Kind::log, now, static_cast<std::uint64_t>(level));
    world_.trace().bytes(line);
    auto what = [&] { return std::string(log_level_name(level)) + " " + std::string(component) + ": " + line; };
    auto text = [&] { return who_ + " " + what(); };
    world_.trace().tell(now, [&] {
      return Happening{
          .kind = Happening::Kind::log, .where = place_, .subject = std::string(component), .text = what()};
    });
    if (level >= LogLevel::info)
      world_.trace().account(now, text);
    else
      world_.trace().line(now, text);
  }

 private:
  World& world_;
  LogLevels& levels_;
  std::string who_;
  Place place_;
};

// A message from one shard to another; reused.
struct SimProcess::Message final : Timer {
  explicit Message(SimProcess& p) : process(p) {}
  virtual ~Message() = default;
  void fire() noexcept override {
    auto call = std::move(action);
    process.free_messages_.push_back(this);
    auto& world = process.node().world();
    auto number = process.node().number();
    world.trace().tell(world.now(), [&] {
      return Happening{.kind = Happening::Kind::received,
                       .where = Place{number, to},
                       .peer = number,
                       .cause = sent,
                       .text = "from a shard"};
    });
    call();
  }
  SimProcess& process;
  unsigned to = 0;
  std::uint64_t sent = 0;  // the number of the happening
  std::move_only_function<void()> action;
};

// A call in progress; in the frame of the caller, which waits until the remote fiber has ended, whatever happens.
struct Crossing final : Blocker {
  Crossing(SimHost& f, SimHost& t, Host::RemoteCall& c) : from(f), to(t), call(c), caller(*Fiber::current()) {
    from.process_.crossings_.push_back(this);
  }
  virtual ~Crossing() { std::erase(from.process_.crossings_, this); }

  void cancel() noexcept override {
    cancelled = true;
    if (remote) remote->request_cancel();
  }
  void remote_ended() {
    remote = nullptr;
    if (from.process_.dead_) return wake();
    begun = false;
    from.process_.send(to.shard_, from.shard_, [this] { wake(); });
  }
  void wake() {
    woken = true;
    from.domain_->scheduler().make_ready(caller);
  }

  SimHost& from;
  SimHost& to;
  Host::RemoteCall& call;
  Fiber& caller;
  Fiber* remote = nullptr;
  bool begun = false;  // the remote fiber was started and has not ended
  bool completed = false;
  bool cancelled = false;
  bool woken = false;  // the caller was made ready, though it may not have run yet
};

SimProcess::SimProcess(Node& node, std::uint64_t number, unsigned shards, ProcessMain main)
    : node_(node), main_(std::move(main)), log_levels_(node.world().log_level()) {
  auto random = node.random().split("process").split(number);
  for (unsigned shard = 0; shard < shards; ++shard)
    shards_.push_back(std::make_unique<SimHost>(*this, shard, shards, random.split(shard)));
  shards_[0]->domain_->spawn("main", [this] {
    int code = main_(*shards_[0]);
    exit_code_ = code;
    node_.world().at(node_.world().now(), [&node = node_] { node.reap(); });
    auto now = node_.world().scheduler().now();
    node_.world().trace().event(Trace::Kind::process, now, static_cast<std::uint64_t>(code), 1);
    node_.world().trace().account(now, [&] { return node_.name() + " exits with " + std::to_string(code); });
    node_.world().trace().tell(now, [&] {
      return Happening{.kind = Happening::Kind::process,
                       .where = Place{node_.number()},
                       .text = "exits with " + std::to_string(code)};
    });
  });
}

SimProcess::~SimProcess() {
  die();
}

void SimProcess::pause() {
  for (auto& shard : shards_) shard->hold(Hold::paused);
}

void SimProcess::resume() {
  for (auto& shard : shards_) shard->release(Hold::paused);
}

void SimProcess::stall(unsigned shard) {
  shards_[shard]->hold(Hold::stalled);
}

void SimProcess::unstall() {
  for (auto& shard : shards_) shard->release(Hold::stalled);
}

void SimProcess::set_step_cost(Duration cost) {
  if (dead_) return;
  for (auto& shard : shards_) shard->step_cost_ = cost;
}

std::size_t SimProcess::fiber_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->domain_->live_fibers();
  return count;
}

void SimProcess::set_work_factor(unsigned factor) {
  for (auto& shard : shards_) shard->domain_->set_work_factor(factor);
}

void SimProcess::die() {
  if (dead_) return;
  for (auto& shard : shards_) shard->end_computing();
  unstall();
  resume();
  dead_ = true;
  auto& scheduler = node_.world().scheduler();
  for (auto& message : messages_) {
    scheduler.disarm(*message);
    message->action = nullptr;
  }
  // Their messages, or the answers to them, are lost with the process.
  for (auto* crossing : crossings_)
    if (!crossing->begun && !crossing->woken) crossing->wake();
  std::vector<Domain*> domains;
  for (auto& shard : shards_) {
    shard->domain_->cancel();
    domains.push_back(shard->domain_.get());
  }
  scheduler.drain(domains);
}

void SimProcess::send(unsigned from, unsigned to, std::move_only_function<void()> action) {
  auto& sender = *shards_[from];
  auto& scheduler = node_.world().scheduler();
  if (free_messages_.empty()) {
    messages_.push_back(std::make_unique<Message>(*this));
    free_messages_.push_back(messages_.back().get());
  }
  auto* message = free_messages_.back();
  free_messages_.pop_back();
  message->action = std::move(action);
  auto takes = nanoseconds(sender.crossing_times_.between(200, 20'000));
  auto& last = sender.last_arrival_[to];
  last = std::max(scheduler.now() + takes, last + nanoseconds(1));
  message->to = to;
  message->sent = node_.world().trace().tell(scheduler.now(), [&] {
    return Happening{.kind = Happening::Kind::sent,
                     .where = Place{node_.number(), from},
                     .peer = node_.number(),
                     .text = "to shard " + std::to_string(to)};
  });
  scheduler.arm(*message, last);
}

SimHost::SimHost(SimProcess& process, unsigned shard, unsigned shard_count, Random random)
    : process_(process),
      shard_(shard),
      shard_count_(shard_count),
      domain_(std::make_unique<ShardDomain>(*this, process.node().world().scheduler(), process.node().name(),
                                            Place{process.node().number(), shard})),
      crossing_times_(random.split("crossings")),
      last_arrival_(shard_count),
      clock_(std::make_unique<ClockView>(process.node().world().scheduler(), process.node())),
      disk_(process.node().disk()),
      network_(std::make_unique<NetworkView>(process.node().world().network(), process.node().number())),
      entropy_(std::make_unique<EntropyView>(random.split("entropy"))),
      sink_(std::make_unique<Sink>(process.node().world(), process.log_levels_,
                                   process.node().name() + "/" + std::to_string(shard),
                                   Place{process.node().number(), shard})),
      log_(*sink_, "main") {}

SimHost::~SimHost() = default;

void SimHost::hold(Hold why) {
  holds_ |= static_cast<unsigned>(why);
  if (!domain_->paused()) domain_->pause();
}

void SimHost::release(Hold why) {
  holds_ &= ~static_cast<unsigned>(why);
  if (holds_ == 0 && domain_->paused()) domain_->resume();
}

void SimHost::stepped(std::string_view fiber) {
  auto& world = process_.node().world();
  ++process_.node().work_.steps;
  process_.node().work_.copied_bytes += world.copied_in_step();
  auto work = world.scheduler().work_of_step();
  auto takes = step_cost_ + (work >= work_that_counts ? work : Duration(0));
  if (takes == Duration(0)) return;
  if (work > World::stall_min) world.note_stall(process_.node(), shard_, fiber, work);
  hold(Hold::computing);
  world.scheduler().arm(*this, world.scheduler().now() + takes);
}

void SimHost::end_computing() {
  process_.node().world().scheduler().disarm(*this);
  release(Hold::computing);
}

Clock& SimHost::clock() {
  return *clock_;
}
Network& SimHost::network() {
  return *network_;
}
Entropy& SimHost::entropy() {
  return *entropy_;
}

Descriptors SimHost::descriptors() {
  auto& node = process_.node();
  return {.limit = node.descriptors_max(),
          .in_use = static_cast<std::size_t>(node.disk().open_files()) +
                    node.world().network().open_connections_of(node.number())};
}

void SimHost::post(unsigned n, FiberGroup* group, std::move_only_function<void(Host&)> fn) {
  if (process_.dead_) return;
  auto& target = *process_.shards_[n];
  process_.send(shard_, n, [&target, group, fn = std::move(fn)]() mutable {
    auto& in = group ? *group : target.domain_->root();
    in.spawn("post", [&target, fn = std::move(fn)]() mutable { fn(target); });
  });
}

void SimHost::run_on(unsigned n, FiberGroup* group, RemoteCall& call) {
  check_cancelled();
  Crossing crossing(*this, *process_.shards_[n], call);
  process_.send(shard_, n, [&crossing, group] {
    struct Ended {
      explicit Ended(Crossing& c) : crossing(&c) {}
      Ended(Ended&& other) noexcept : crossing(std::exchange(other.crossing, nullptr)) {}
      ~Ended() {
        if (crossing) crossing->remote_ended();
      }
      Crossing* crossing;
    };
    crossing.begun = true;
    auto& in = group ? *group : crossing.to.domain_->root();
    in.spawn("call", [ended = Ended(crossing)]() {
      auto& c = *ended.crossing;
      if (c.cancelled) return;
      c.remote = Fiber::current();
      c.call.run(c.to);
      c.completed = true;
    });
  });
  domain_->scheduler().suspend(&crossing);
  if (!crossing.completed) throw FiberCancelled();
  check_cancelled();
}

}  // namespace fulmar
