#include "tests/raft/exhaustive/local_states.h"

#include <algorithm>

#include "broker/raft/invariants.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr Duration long_enough = seconds(10);  // for every lease and timeout to expire

enum class Kind : std::uint64_t { stand = 1, append, sync, crash, trim, set_target, message, made };

constexpr std::uint64_t key_of(Kind kind, std::uint64_t argument = 0) {
  return static_cast<std::uint64_t>(kind) << 60 | argument;
}

std::string bytes_of(const Message& message) {
  auto text = to_string(message);
  if (const auto* reply = std::get_if<VoteReply>(&message.body)) text += " s" + std::to_string(reply->log_start);
  if (const auto* reply = std::get_if<AppendReply>(&message.body)) text += " s" + std::to_string(reply->log_start);
  return text;
}

Message sent_at(Instant now, Message message) {
  std::visit(
      [now](auto& body) {
        if constexpr (requires { body.sent_at; }) body.sent_at = now;
      },
      message.body);
  return message;
}

// Time differs in each message; without it equal messages are equal.
Message timeless(Message message) {
  return sent_at({}, std::move(message));
}

bool is_answer(const Message& message) {
  return std::holds_alternative<AppendReply>(message.body) || std::holds_alternative<HeartbeatReply>(message.body);
}

// For the state on stable storage, if the core considers another one stored.
std::string bytes_of(const HardState& state, const Renaming& rename) {
  auto text = std::to_string(state.term) + "," + (state.vote ? to_string(rename(*state.vote)) : "-") + "," +
              std::to_string(state.log_term) + "," + std::to_string(state.configuration.mark.term) + "." +
              std::to_string(state.configuration.mark.version);
  return text + "," + to_string(renamed(state.configuration.configuration, rename));
}

}  // namespace

Renaming renaming_of(const Names& names) {
  return [names](const ReplicaId& id) { return ReplicaId{names[static_cast<std::size_t>(id.broker)], id.directory}; };
}

Commits LocalStates::Local::find_commits() const {
  Commits found{raft->role() == Role::leader, raft->term(), log.start(), {}};
  for (auto offset = log.start(); offset < std::min(raft->commit(), log.end()); ++offset)
    found.epochs.push_back(log.at(offset));
  return found;
}

// Processes one input until the power fails before the part with that number.
struct LocalStates::Run {
  LocalStates& all;
  Local local;
  int fails_before;
  int parts = 0;
  bool failed = false;
  std::vector<Message> said;
  Commits before;

  Run(LocalStates& states, const Local& from, int fails)
      : all(states), local{from.self, from.log, from.disk, from.raft->clone(), {}}, fails_before(fails) {
    slot().log = &local.log;
    all.now_ = all.now_ + long_enough;
  }

  Slot& slot() const { return *all.slots_[static_cast<std::size_t>(local.self)]; }
  Instant now() const { return all.now_; }

  bool fails() {
    if (parts++ != fails_before) return false;
    before = local.find_commits();
    return failed = true;
  }

  void restart(bool power_loss) {
    if (power_loss) local.log.lose_unsynced();
    auto id = id_of(local.self);
    local.raft.reset();
    local.raft = std::make_unique<Raft>(id, all.settings_, slot(), local.disk, 0, Random(1), now());
    perform(nullptr);
  }

  // As a driver has to; see Output.
  void perform(const Said* request) {
    while (!failed) {
      auto output = local.raft->take_output();
      const bool stored = output.store.has_value();
      bool changed = false;
      if (stored) {
        if (fails()) return;
        local.disk = *output.store;
      }
      if (output.start_over) {
        if (fails()) return;
        local.log.start_over(output.start_over->offset, output.start_over->epoch);
        changed = true;
      }
      if (output.truncate_to) {
        if (fails()) return;
        local.log.truncate_to(*output.truncate_to);
        changed = true;
      }
      if (output.append_from) {
        if (fails()) return;
        const auto& body = std::get<AppendRequest>(request->message.body);
        FULMAR_ASSERT(*output.append_from == local.log.end());
        for (auto offset = *output.append_from; offset < body.end; ++offset)
          local.log.append(request->entries.at(static_cast<std::size_t>(offset - body.prev_offset)));
        if (all.world_.synced_at_once) local.log.sync();
        changed = true;
      }
      if (output.log_start && *output.log_start > local.log.start()) {
        if (fails()) return;
        local.log.advance_start(*output.log_start);
      }
      for (auto& message : output.messages) said.push_back(timeless(std::move(message)));
      request = nullptr;
      if (changed)
        local.raft->log_changed(now());
      else if (stored)
        local.raft->stable_moved(now());
      else
        return;
    }
  }
};

LocalStates::LocalStates(const LocalSettings& settings) : world_(settings) {
  settings_.commits_are_stable = !settings.page_cache;
  for (int replica = 0; replica < world_replicas; ++replica) {
    slots_.push_back(std::make_unique<Slot>());
    if (replica < settings.voters) configuration_.voters.push_back(id_of(replica));
  }
}

LocalId LocalStates::newborn(int replica) {
  Local local{replica, EpochLog(world_.page_cache), {}, nullptr, {}};
  if (replica < world_.voters) local.disk.configuration.configuration = configuration_;
  auto& slot = *slots_[static_cast<std::size_t>(replica)];
  slot.log = &local.log;
  local.raft = std::make_unique<Raft>(id_of(replica), settings_, slot, local.disk, 0, Random(1), now_);
  local.raft->take_output();
  return intern(std::move(local));
}

std::string LocalStates::bytes_of(const Local& local, const Names& names) const {
  const auto rename = renaming_of(names);
  auto text = std::to_string(names[static_cast<std::size_t>(local.self)]) + "/" + local.log.bytes() + "/" +
              local.raft->fingerprint(rename);
  if (local.disk != local.raft->hard_state()) text += "/" + fulmar::bytes_of(local.disk, rename);
  return text;
}

LocalId LocalStates::intern(Local local) {
  auto [found, fresh] =
      local_ids_.try_emplace(bytes_of(local, all_names.front()), static_cast<LocalId>(locals_.size()));
  if (fresh) {
    local.commits = local.find_commits();
    local.broken = RaftInvariants::broken_in(*local.raft, local.log).value_or("");
    for (std::size_t naming = 0; naming < namings; ++naming)
      local.hashes[naming] = std::hash<std::string>()(bytes_of(local, all_names[naming]));
    locals_.push_back(std::move(local));
  }
  return found->second;
}

MessageId LocalStates::intern(const Message& message) {
  auto [found, fresh] = message_ids_.try_emplace(fulmar::bytes_of(message), static_cast<MessageId>(messages_.size()));
  if (fresh) messages_.push_back(message);
  return found->second;
}

template <class F>
const std::vector<LocalOutcome>& LocalStates::outcomes(LocalId at, std::uint64_t key, F&& input) {
  auto [found, fresh] = outcomes_.try_emplace({at, key});
  if (!fresh) return found->second;
  auto& all = found->second;
  constexpr int never = -1;
  int parts = 0;
  auto play = [&](int fails_before, bool power_loss) {
    Run run(*this, this->at(at), fails_before);
    input(run);
    if (fails_before == never) parts = run.parts;
    const bool crashed = run.failed;
    std::vector<MessageId> messages;
    for (const auto& message : run.said) {
      const auto* reply = std::get_if<AppendReply>(&message.body);
      if (!reply || reply->verdict == Verdict::matched) messages.push_back(intern(message));
    }
    if (crashed) {
      run.failed = false;
      run.fails_before = never;
      run.restart(power_loss);
    }
    LocalOutcome outcome{intern(std::move(run.local)), std::move(run.before), crashed, std::move(messages)};
    bool known = std::any_of(all.begin(), all.end(), [&](const LocalOutcome& other) {
      return other.next == outcome.next && other.messages == outcome.messages && other.before == outcome.before;
    });
    if (!known) all.push_back(std::move(outcome));
  };
  play(never, false);
  if (!world_.power_fails_in_between) return all;
  for (int part = 0; part < parts; ++part) {
    play(part, true);
    play(part, false);  // everything that was written is on stable storage
  }
  return all;
}

const std::vector<LocalOutcome>& LocalStates::stand(LocalId at) {
  return outcomes(at, key_of(Kind::stand), [](Run& run) {
    run.local.raft->resign(run.now());  // if it leads: not enough others have answered it
    run.local.raft->campaign(run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::append(LocalId at) {
  return outcomes(at, key_of(Kind::append), [](Run& run) {
    run.local.log.append(run.local.raft->term());
    if (run.all.world_.synced_at_once) run.local.log.sync();
    run.local.raft->log_changed(run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::sync(LocalId at) {
  return outcomes(at, key_of(Kind::sync), [](Run& run) {
    run.local.log.sync();
    run.local.raft->stable_moved(run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::crash(LocalId at, bool power_loss) {
  return outcomes(at, key_of(Kind::crash, power_loss), [power_loss](Run& run) { run.restart(power_loss); });
}

const std::vector<LocalOutcome>& LocalStates::trim(LocalId at, Offset start) {
  return outcomes(at, key_of(Kind::trim, static_cast<std::uint64_t>(start)), [start](Run& run) {
    run.local.log.advance_start(start);
    run.local.raft->start_moved(run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::set_target(LocalId at, unsigned voters) {
  return outcomes(at, key_of(Kind::set_target, voters), [voters](Run& run) {
    std::vector<ReplicaId> wanted;
    for (int replica = 0; replica < world_replicas; ++replica)
      if ((voters >> replica & 1) != 0) wanted.push_back(id_of(replica));
    run.local.raft->set_target(std::move(wanted), run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::hear(LocalId at, MessageId id) {
  return outcomes(at, key_of(Kind::message, static_cast<std::uint64_t>(id)), [this, id](Run& run) {
    // The reply answers what was just sent: a silent learner never becomes a voter.
    const auto& heard = message(id);
    run.local.raft->receive(is_answer(heard) ? sent_at(run.now(), heard) : heard, run.now());
    run.perform(nullptr);
  });
}

const std::vector<LocalOutcome>& LocalStates::hear(LocalId at, std::uint64_t key, const std::function<Said()>& make) {
  return outcomes(at, key_of(Kind::made, key), [&make](Run& run) {
    auto said = make();
    run.local.raft->receive(said.message, run.now());
    run.perform(&said);
  });
}

const std::vector<Message>& LocalStates::plans(LocalId at) {
  auto [found, fresh] = plans_.try_emplace(at);
  if (!fresh) return found->second;
  for (int peer = 0; peer < world_replicas; ++peer) {
    if (peer == this->at(at).self) continue;
    Run run(*this, this->at(at), -1);
    auto plan = run.local.raft->plan_append(id_of(peer), run.now());
    if (plan && run.local.raft->append_sent(id_of(peer), *plan, run.local.log.end(), run.now()))
      found->second.push_back(plan->message);
    run.perform(nullptr);
    for (auto& message : run.said)
      if (std::holds_alternative<StartOver>(message.body)) found->second.push_back(std::move(message));
  }
  return found->second;
}

}  // namespace fulmar
