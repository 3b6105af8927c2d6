#include "campaign/debug/player.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "campaign/world_text.h"
#include "checkers/base/violation.h"
#include "runtime/base/assert.h"
#include "sim/world.h"

namespace fulmar {

namespace {

constexpr std::size_t files_shown = 30;
constexpr std::string_view election = "election";
constexpr std::uint64_t never = ~std::uint64_t{0};

bool is_election(const Happening& happening) {
  return happening.kind == Happening::Kind::state && !happening.text.empty() &&
         std::ranges::find(happening.values, std::pair<std::string, std::string>("role", "leader")) !=
             happening.values.end();
}

void print(const std::vector<std::string>& lines, const char* indent = "") {
  for (const auto& line : lines) std::printf("%s%s\n", indent, line.c_str());
}

}  // namespace

bool is_stop(std::string_view what) {
  if (what == election) return true;
  for (auto kind = Happening::Kind::sent; kind <= Happening::Kind::state;
       kind = static_cast<Happening::Kind>(static_cast<int>(kind) + 1))
    if (what == name_of(kind)) return true;
  return false;
}

void DebugPlayer::play(const Scenario& scenario, const Plan& plan) {
  signal(SIGCHLD, SIG_IGN);  // copies that end need nobody to wait for them
  signal(SIGINT, SIG_IGN);   // it is for the debugger
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  LifeOptions options;
  options.event = [this](std::uint64_t events, Instant at, std::uint64_t hash) { before_event(events, at, hash); };
  options.trace = [this](Instant at, std::string_view line) {
    lines_.push_back(std::to_string(events_) + " " + to_string(at) + " " + std::string(line));
    if (lines_.size() > lines_kept) lines_.pop_front();
  };
  options.happening = [this](const Happening& happening) { happened(happening); };
  options.view = [this](const LifeView* view) {
    view_ = view;
    viewed_ = true;
  };
  auto life = scenario.run(plan, options);
  view_ = nullptr;
  ended_ = true;
  events_ = life.events;
  at_ = Instant{} + life.simulated;
  hash_ = life.trace_hash;
  if (!begun_) wait_in(0);
  begun_ = true;
  for (;;) stop();
}

// At the end of a life its world is taken apart, which is no part of it.
void DebugPlayer::before_event(std::uint64_t events, Instant at, std::uint64_t hash) {
  if (viewed_ && !view_) return;
  events_ = events;
  at_ = at;
  hash_ = hash;
  ends_.events->store(events, std::memory_order_relaxed);
  if (!begun_) {
    begun_ = true;
    wait_in(0);
    return stop();
  }
  if (events >= next_checkpoint_) offer_checkpoint();
  if (events >= stop_events_ || at >= stop_at_ || stop_now_) stop();
}

void DebugPlayer::happened(const Happening& happening) {
  if (stop_kind_.empty() || stop_now_) return;
  stop_now_ = stop_kind_ == election ? is_election(happening) : stop_kind_ == name_of(happening.kind);
  if (stop_now_) stopped_by_ = described(happening);
}

std::string DebugPlayer::described(const Happening& happening) const {
  std::string line = to_string(happening.at) + " ";
  if (happening.kind == Happening::Kind::fault) return line + "fault: " + happening.text;
  if (happening.where && view_) {
    line += view_->world.node(happening.where->node).name();
    line += happening.where->shard ? "/" + std::to_string(*happening.where->shard) + " " : " ";
  }
  bool is_log = happening.kind == Happening::Kind::log;  // whose text has the subject
  return line + (happening.subject.empty() || is_log ? "" : happening.subject + " ") + happening.text;
}

void DebugPlayer::offer_checkpoint() {
  next_checkpoint_ = events_ + checkpoint_every;
  reply(DebugReply::Kind::wants_checkpoint);
  auto order = read_order();
  if (order.kind != DebugOrder::Kind::keep) return;
  std::fflush(nullptr);
  auto copy = fork();
  if (copy < 0) return;  // there is no memory for it: the way back is longer
  if (copy > 0) return reply(DebugReply::Kind::checkpoint, order.number, copy);
  wait_in(order.number);
  stop();
}

// Returns in a copy of this process, which is to read orders.
void DebugPlayer::wait_in(std::size_t slot) {
  if (slot == 0) reply(DebugReply::Kind::checkpoint, 0, getpid());
  for (;;) {
    pollfd ends[] = {{ends_.wakes[slot], POLLIN, 0}, {ends_.orders, 0, 0}};
    if (poll(ends, 2, -1) < 0) continue;
    if (ends[1].revents != 0) _exit(0);
    std::uint64_t woken = 0;
    if (read(ends_.wakes[slot], &woken, sizeof woken) != sizeof woken) continue;
    auto copy = fork();
    FULMAR_ASSERT(copy >= 0);
    if (copy == 0) {
      prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
      next_checkpoint_ = events_ + checkpoint_every;
      return;
    }
  }
}

// Until there is an order to go on.
void DebugPlayer::stop() {
  stop_events_ = never;
  stop_at_ = Instant::max();
  stop_kind_.clear();
  stop_now_ = false;
  reply(DebugReply::Kind::arrived);
  for (;;) {
    auto order = read_order();
    switch (order.kind) {
      case DebugOrder::Kind::to_event: stop_events_ = order.number; return;
      case DebugOrder::Kind::to_time: stop_at_ = Instant{static_cast<std::int64_t>(order.number)}; return;
      case DebugOrder::Kind::next: stop_kind_ = order.words; return;
      case DebugOrder::Kind::show:
        show(order.words);
        std::fflush(stdout);
        reply(DebugReply::Kind::shown);
        break;
      case DebugOrder::Kind::keep:
      case DebugOrder::Kind::keep_none: break;
    }
  }
}

void DebugPlayer::show(std::string_view words) {
  auto space = words.find(' ');
  auto what = words.substr(0, space), rest = space == std::string_view::npos ? "" : words.substr(space + 1);
  if (what == "trace") {
    std::size_t count = 10;
    std::from_chars(rest.data(), rest.data() + rest.size(), count);
    auto first = lines_.size() - std::min(count, lines_.size());
    for (auto line = first; line < lines_.size(); ++line) std::printf("%s\n", lines_[line].c_str());
    return;
  }
  if (what == "stopped_by") {
    std::printf("%s\n", stopped_by_.c_str());
    return;
  }
  if (!view_) {
    std::printf("%s\n",
                ended_ ? "the life is over: go back to look at it" : "this life has no world that can be looked at");
    return;
  }
  if (what == "nodes") print(describe_nodes(view_->world));
  if (what == "messages") print(describe_messages(view_->world));
  if (what == "node") show_node(rest);
}

void DebugPlayer::show_node(std::string_view name) {
  auto& world = view_->world;
  auto lines = describe_nodes(world);
  for (std::size_t n = 0; n < world.node_count(); ++n) {
    if (world.node(n).name() != name) continue;
    std::printf("%s\n", lines[n].c_str());
    print(view_->describe(n), "  ");
    print(describe_disk(world.node(n), files_shown), "  ");
    return;
  }
  std::printf("there is no node %s: nodes lists them\n", std::string(name).c_str());
}

DebugOrder DebugPlayer::read_order() {
  DebugOrder order;
  if (read(ends_.orders, &order, sizeof order) != sizeof order) _exit(0);  // the debugger has ended
  return order;
}

void DebugPlayer::reply(DebugReply::Kind kind, std::uint64_t number, pid_t pid) {
  DebugReply what;
  what.kind = kind;
  what.ended = ended_;
  what.pid = pid != 0 ? pid : getpid();
  what.number = number;
  what.events = events_;
  what.at = at_.ns;
  what.hash = hash_;
  if (write(ends_.replies, &what, sizeof what) != sizeof what) _exit(0);
}

}  // namespace fulmar
