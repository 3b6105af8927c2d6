#include "campaign/debug/debugger.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include "campaign/debug/player.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

DebugOrder make_order(DebugOrder::Kind kind, std::uint64_t number = 0, const std::string& words = "") {
  DebugOrder order;
  order.kind = kind;
  order.number = number;
  words.copy(order.words, debug_words_max - 1);
  return order;
}

}  // namespace

Debugger::Debugger(const Scenario& scenario, const Plan& plan) {
  void* shared = mmap(nullptr, sizeof *events_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  FULMAR_ASSERT(shared != MAP_FAILED);
  events_ = new (shared) std::atomic<std::uint64_t>(0);
  int orders[2], replies[2];
  FULMAR_ASSERT(pipe2(orders, O_CLOEXEC) == 0 && pipe2(replies, O_CLOEXEC) == 0);
  for (std::size_t slot = 0; slot < checkpoints_max; ++slot) {
    wakes_.push_back(eventfd(0, EFD_CLOEXEC));
    FULMAR_ASSERT(wakes_.back() >= 0);
  }
  std::fflush(nullptr);
  first_ = fork();
  FULMAR_ASSERT(first_ >= 0);
  if (first_ == 0) {
    close(orders[1]);
    close(replies[0]);
    DebugPlayer({.orders = orders[0], .replies = replies[1], .wakes = wakes_, .events = events_}).play(scenario, plan);
  }
  close(orders[0]);
  close(replies[1]);
  orders_ = orders[1];
  replies_ = replies[0];
  player_ = first_;
  player_fd_ = static_cast<int>(syscall(SYS_pidfd_open, player_, 0));
  FULMAR_ASSERT(await(DebugReply::Kind::checkpoint));
  wake(0);
}

Debugger::~Debugger() {
  end_player();
  for (const auto& [events, checkpoint] : checkpoints_.all()) kill(checkpoint.pid, SIGKILL);
  waitpid(first_, nullptr, 0);
  close(orders_);
  close(replies_);
  for (auto wake : wakes_) close(wake);
  munmap(events_, sizeof *events_);
}

void Debugger::end_player() {
  bool is_checkpoint =
      std::ranges::any_of(checkpoints_.all(), [&](const auto& each) { return each.second.pid == player_; });
  if (player_ > 0 && !is_checkpoint) {
    kill(player_, SIGKILL);
    pollfd died{player_fd_, POLLIN, 0};
    poll(&died, 1, -1);
  }
  if (player_fd_ >= 0) close(player_fd_);
  player_ = -1;
  player_fd_ = -1;
}

// A copy of the checkpoint is the player.
void Debugger::wake(std::uint64_t checkpoint) {
  end_player();
  std::uint64_t one = 1;
  auto written = write(wakes_[checkpoints_.all().at(checkpoint).slot], &one, sizeof one);
  FULMAR_ASSERT(written == sizeof one);
  FULMAR_ASSERT(await(DebugReply::Kind::arrived));
}

void Debugger::order(const DebugOrder& order) {
  auto written = write(orders_, &order, sizeof order);
  FULMAR_ASSERT(written == sizeof order);
}

void Debugger::keep(const DebugReply& asked) {
  if (checkpoints_.has_near(asked.events, DebugPlayer::checkpoint_every / 2))
    return order(make_order(DebugOrder::Kind::keep_none));
  if (auto surplus = checkpoints_.surplus(asked.events)) {
    auto gone = checkpoints_.take(*surplus);
    kill(gone.pid, SIGKILL);
  }
  order(make_order(DebugOrder::Kind::keep, checkpoints_.free_slot()));
}

bool Debugger::await(DebugReply::Kind kind) {
  for (;;) {
    pollfd ends[] = {{replies_, POLLIN, 0}, {player_fd_, POLLIN, 0}};
    if (poll(ends, player_fd_ >= 0 ? 2 : 1, -1) < 0) continue;
    DebugReply reply;
    if ((ends[0].revents & POLLIN) != 0) {
      if (read(replies_, &reply, sizeof reply) != sizeof reply) return false;
    } else if (player_fd_ >= 0 && ends[1].revents != 0) {
      return false;
    } else {
      continue;
    }
    switch (reply.kind) {
      case DebugReply::Kind::wants_checkpoint: keep(reply); continue;
      case DebugReply::Kind::checkpoint:
        checkpoints_.add(reply.events, {reply.pid, reply.number, Instant{reply.at}});
        break;
      case DebugReply::Kind::arrived:
        if (reply.pid != player_) {
          player_ = reply.pid;
          if (player_fd_ >= 0) close(player_fd_);
          player_fd_ = static_cast<int>(syscall(SYS_pidfd_open, player_, 0));
        }
        now_ = {reply.events, Instant{reply.at}, reply.hash, reply.ended};
        break;
      case DebugReply::Kind::shown: break;
    }
    if (reply.kind == kind) return true;
  }
}

// If the life crashes, goes to the event in which it does.
void Debugger::go(const DebugOrder& how) {
  crashed_ = false;
  order(how);
  if (await(DebugReply::Kind::arrived)) return;
  crashed_ = true;
  auto last = events_->load();
  wake(*checkpoints_.latest_until(last));
  if (now_.events >= last) return;
  order(make_order(DebugOrder::Kind::to_event, last));
  FULMAR_ASSERT(await(DebugReply::Kind::arrived));
}

void Debugger::to_event(std::uint64_t events) {
  auto nearest = *checkpoints_.latest_until(events);
  if (events < now_.events || nearest > now_.events) wake(nearest);
  if (now_.events >= events || now_.ended) return;
  go(make_order(DebugOrder::Kind::to_event, events));
}

void Debugger::to_time(Instant at) {
  auto nearest = checkpoints_.latest_before(at).value_or(0);
  if (at <= now_.at || nearest > now_.events) wake(nearest);
  if (now_.at >= at || now_.ended) return;
  go(make_order(DebugOrder::Kind::to_time, static_cast<std::uint64_t>(at.ns)));
}

void Debugger::to_next(const std::string& kind) {
  if (!now_.ended) go(make_order(DebugOrder::Kind::next, 0, kind));
}

void Debugger::show(const std::string& words) {
  std::fflush(stdout);  // the player prints next
  order(make_order(DebugOrder::Kind::show, 0, words));
  FULMAR_ASSERT(await(DebugReply::Kind::shown));
}

}  // namespace fulmar
