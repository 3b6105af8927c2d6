#include "tests/raft/exhaustive/world.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::int8_t small(std::int64_t number) {
  ASSERT(number >= -1 && number < 100);
  return static_cast<std::int8_t>(number);
}

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

std::uint64_t key_of(const Reign& reign, Epoch term) {
  auto key = static_cast<std::uint64_t>(term);
  for (auto part : {reign.start, reign.end, reign.commit, reign.leader}) key = key * 8 + at(part);
  for (int offset = 0; offset < reign.end; ++offset) key = key * 8 + at(reign.epochs[at(offset)]);
  return key;
}

Epoch epoch_before(const Reign& reign, int offset) {
  return offset == 0 ? -1 : Epoch{reign.epochs[at(offset - 1)]};
}

// What the leader of a term said, or may have said, of [prev, end) of its log.
Said append_of(const Reign& reign, int prev, int end, int log_start, int log_end) {
  AppendRequest request;
  request.prev_offset = prev;
  request.prev_epoch = epoch_before(reign, prev);
  request.end = end;
  request.commit = reign.commit;
  request.log_start = log_start;
  request.log_end = log_end;
  request.term_start = reign.start;
  Said said;
  for (int offset = prev; offset < end; ++offset) {
    Epoch epoch = reign.epochs[at(offset)];
    said.entries.push_back(epoch);
    if (request.epochs.empty() || request.epochs.back().epoch != epoch) request.epochs.push_back({epoch, offset});
  }
  said.message.body = std::move(request);
  return said;
}

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
  return value ^ value >> 32;
}

}  // namespace

std::uint64_t hash_of(const WorldState& state) {
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
  auto add = [&](std::int64_t number) { hash = mix(hash + static_cast<std::uint64_t>(number) + 1); };
  for (auto replica : state.replicas) add(replica);
  for (const auto& reign : state.reigns) {
    std::int64_t sum = reign.leader;
    for (auto part : {reign.start, reign.end, reign.log_start, reign.first_log_start, reign.commit})
      sum = sum * 16 + part;
    for (auto epoch : reign.epochs) sum = sum * 16 + epoch;
    add(sum);
  }
  std::int64_t sum = state.crashes;
  for (auto epoch : state.committed) sum = sum * 16 + epoch;
  for (auto term : state.committed_in) sum = sum * 16 + term;
  add(sum);
  return hash;
}

SmallWorld::SmallWorld(const WorldSettings& settings)
    : settings_(settings),
      locals_(world_replicas, settings.page_cache, settings.power_fails_in_between && !settings.page_cache) {
  ASSERT(settings.terms <= world_terms_max && settings.length <= world_length_max);
}

WorldState SmallWorld::first() {
  WorldState state;
  for (int replica = 0; replica < world_replicas; ++replica) state.replicas[at(replica)] = locals_.newborn(replica);
  return state;
}

void SmallWorld::arrive(WorldState next, const std::string& what, int who, const Reached& reached,
                        const Commits* before_the_crash) {
  auto violated = before_the_crash ? check_commits(next, *before_the_crash) : "";
  if (violated.empty()) violated = check(next);
  forget(next);
  if (aloud_) told_ = "replica " + std::to_string(who) + " " + what;
  reached(next, violated);
}

void SmallWorld::each(const WorldState& state, int replica, const std::vector<Outcome>& outcomes, const char* what,
                      const Reached& reached) {
  for (const auto& outcome : outcomes) {
    if (outcome.crashed && state.crashes >= settings_.crashes) continue;
    auto next = state;
    next.replicas[at(replica)] = outcome.next;
    next.crashes = small(next.crashes + outcome.crashed);
    if (next == state) continue;
    arrive(next, outcome.crashed ? std::string("crashes as it ") + what : what, replica, reached,
           outcome.crashed ? &outcome.before : nullptr);
  }
}

void SmallWorld::successors(const WorldState& state, const Reached& reached) {
  bool any_term = false;
  for (int replica = 0; replica < world_replicas; ++replica)
    any_term = any_term || local(state, replica).raft->term() >= 0;
  for (int replica = 0; replica < world_replicas; ++replica) {
    auto id = state.replicas[at(replica)];
    const auto& raft = *local(state, replica).raft;
    const auto& log = local(state, replica).log;
    const bool leads = raft.role() == Role::leader;
    const auto end = log.end(), synced = log.synced_end(), start = log.start(), commit = raft.commit();
    // All are alike at first: that it is 0 whom 1 elects first is no loss.
    if (!leads && raft.term() + 1 < settings_.terms)
      for (int voter = 0; voter < world_replicas; ++voter)
        if (voter != replica && (any_term || (replica == 0 && voter == 1))) elect(state, replica, voter, reached);
    if (leads && end < settings_.length) each(state, replica, locals_.append(id), "appends", reached);
    if (synced < end) each(state, replica, locals_.sync(id), "syncs", reached);
    if (state.crashes < settings_.crashes) {
      auto crash = [&](bool power_loss) {
        auto next = state;
        next.replicas[at(replica)] = locals_.crash(id, power_loss).front().next;
        ++next.crashes;
        if (!(next == state)) arrive(next, power_loss ? "loses its power" : "crashes", replica, reached);
      };
      crash(false);
      if (synced < end && !settings_.page_cache) crash(true);
    }
    if (settings_.deletes && leads && start < commit && commit <= synced)
      each(state, replica, locals_.trim(id, commit), "deletes what is committed", reached);
    hear_reigns(state, replica, reached);
  }
}

// The candidate asks everybody, and only that voter hears it; what it answers is heard.
void SmallWorld::elect(const WorldState& state, int candidate, int voter, const Reached& reached) {
  auto next = state;
  auto step = [&](int replica, const std::vector<Outcome>& outcomes) {
    next.replicas[at(replica)] = outcomes.front().next;
    return outcomes.front().messages;
  };
  auto asked = step(candidate, locals_.stand(next.replicas[at(candidate)]));
  for (int round = 0; round < 2; ++round) {  // pre-votes, and votes
    std::vector<MessageId> said;
    for (auto question : asked) {
      if (locals_.message(question).to.broker != voter) continue;
      for (auto answer : step(voter, locals_.hear(next.replicas[at(voter)], question)))
        if (locals_.message(answer).to.broker == candidate)
          for (auto more : step(candidate, locals_.hear(next.replicas[at(candidate)], answer))) said.push_back(more);
    }
    asked = std::move(said);
  }
  // In vain, and it has not even heard of a later term.
  if (local(next, candidate).raft->term() == local(state, candidate).raft->term()) return;
  arrive(
      next,
      voter == (candidate + 1) % world_replicas ? "asks the next one for its vote" : "asks the one before for its vote",
      candidate, reached);
}

// What one replica makes of one thing a leader said, and the leader of the answer.
void SmallWorld::heard(const WorldState& state, int replica, const Outcome& outcome, const std::string& what,
                       const Reached& reached) {
  if (outcome.crashed && state.crashes >= settings_.crashes) return;
  auto next = state;
  next.replicas[at(replica)] = outcome.next;
  next.crashes = small(next.crashes + outcome.crashed);
  for (auto answer : outcome.messages) {
    const auto to = locals_.message(answer).to.broker;
    const auto& leader = local(next, to);
    if (leader.raft->role() != Role::leader || leader.raft->term() != locals_.message(answer).term) continue;
    next.replicas[at(to)] = locals_.hear(next.replicas[at(to)], answer).front().next;
  }
  if (next == state) return;
  arrive(next, (outcome.crashed ? "crashes as it hears " : "hears ") + what, replica, reached,
         outcome.crashed ? &outcome.before : nullptr);
}

// Whatever the leader of that reign may have sent; `hear` is told of each.
void SmallWorld::each_message(
    const Reign& reign, Epoch term, int replica,
    const std::function<void(std::uint64_t key, const std::function<Said()>& make)>& hear) const {
  auto addressed = [&](Said said) {
    said.message.from = LocalStates::id_of(reign.leader);
    said.message.to = LocalStates::id_of(replica);
    said.message.term = term;
    // Which is the leader's own as soon as it leads.
    const MarkedConfiguration configuration{{term, 0}, locals_.configuration()};
    if (auto* heartbeat = std::get_if<Heartbeat>(&said.message.body)) heartbeat->configuration = configuration;
    if (auto* append = std::get_if<AppendRequest>(&said.message.body)) append->configuration = configuration;
    if (auto* over = std::get_if<StartOver>(&said.message.body)) over->configuration = configuration;
    return said;
  };
  const auto about = key_of(reign, term);
  hear(about * 4096 + 4094, [&] { return addressed({{{}, {}, -1, Heartbeat{}}, {}}); });
  for (int log_start : {int{reign.first_log_start}, int{reign.log_start}}) {
    if (log_start > 0)
      hear((about * 8 + at(log_start)) * 4096 + 4095, [&] {
        StartOver over{log_start, epoch_before(reign, log_start), {}, log_start, {}, reign.start};
        return addressed({{{}, {}, -1, over}, {}});
      });
    for (int prev = log_start; prev <= reign.end; ++prev)
      for (int end = prev; end <= reign.end; ++end)
        for (int log_end : {std::max(end, int{reign.start}), int{reign.end}}) {
          auto key = about;
          for (auto part : {log_start, prev, end, log_end}) key = key * 8 + at(part);
          hear(key, [&] { return addressed(append_of(reign, prev, end, log_start, log_end)); });
        }
    if (reign.log_start == reign.first_log_start) break;
  }
}

// All that may become of a replica by what it may hear of a reign.
const std::vector<Outcome>& SmallWorld::all_heard(LocalId id, const Reign& reign, Epoch term, int replica) {
  auto key = key_of(reign, term) * 64 + at(reign.log_start) * 8 + at(reign.first_log_start);
  auto [found, fresh] = heard_.try_emplace({id, key});
  if (!fresh) return found->second;
  auto& all = found->second;
  each_message(reign, term, replica, [&](std::uint64_t message, const std::function<Said()>& make) {
    for (const auto& outcome : locals_.hear(id, message, make)) {
      bool known = std::any_of(all.begin(), all.end(), [&](const Outcome& other) {
        return other.next == outcome.next && other.crashed == outcome.crashed && other.messages == outcome.messages &&
               other.before == outcome.before;
      });
      if (!known && (outcome.next != id || !outcome.messages.empty())) all.push_back(outcome);
    }
  });
  return all;
}

// Of a leader of its term, or of a later one.
void SmallWorld::hear_reigns(const WorldState& state, int replica, const Reached& reached) {
  auto id = state.replicas[at(replica)];
  for (Epoch term = std::max(local(state, replica).raft->term(), 0); term < settings_.terms; ++term) {
    const auto& reign = state.reigns[at(term)];
    if (reign.leader < 0 || reign.leader == replica) continue;
    for (const auto& outcome : all_heard(id, reign, term, replica)) heard(state, replica, outcome, "", reached);
    if (!aloud_) continue;
    each_message(reign, term, replica, [&](std::uint64_t key, const std::function<Said()>& make) {
      for (const auto& outcome : locals_.hear(id, key, make))
        heard(state, replica, outcome, to_string(make().message), reached);
    });
  }
}

std::string SmallWorld::step_to(const WorldState& state, const WorldState& next) {
  aloud_ = true;
  std::string found;
  successors(state, [&](const WorldState& reached, const std::string& violated) {
    if (reached == next) found = told_ + (violated.empty() ? "" : "\n    VIOLATED: " + violated);
  });
  aloud_ = false;
  return found;
}

std::string SmallWorld::describe(const WorldState& state) const {
  std::string text;
  for (int replica = 0; replica < world_replicas; ++replica) {
    const auto& here = local(state, replica);
    constexpr const char* names[] = {"follower", "pre-candidate", "candidate", "leader"};
    text += "    " + std::to_string(replica) + ": " + names[static_cast<int>(here.raft->role())] + " term " +
            std::to_string(here.raft->term()) + " log term " + std::to_string(here.disk.log_term) + " commit " +
            std::to_string(here.raft->commit()) + " log " + std::to_string(here.log.start()) + " [";
    for (auto offset = here.log.start(); offset < here.log.end(); ++offset)
      text += (offset > here.log.start() ? " " : "") + std::to_string(here.log.at(offset)) +
              (offset >= here.log.synced_end() ? "?" : "");
    text += "]\n";
  }
  return text;
}

// Nobody can hear of a reign in whose term, or before, nobody is any more.
void SmallWorld::forget(WorldState& state) const {
  Epoch lowest = settings_.terms;
  for (int replica = 0; replica < world_replicas; ++replica)
    lowest = std::min(lowest, local(state, replica).raft->term());
  for (Epoch term = 0; term < lowest; ++term) state.reigns[at(term)] = {};
}

std::string SmallWorld::check(WorldState& state) {
  std::string wrong;
  for (int replica = 0; replica < world_replicas && wrong.empty(); ++replica)
    if (local(state, replica).raft->role() == Role::leader) wrong = check_leader(state, replica);
  for (int replica = 0; replica < world_replicas && wrong.empty(); ++replica)
    wrong = check_commits(state, local(state, replica).commits);
  return wrong;
}

// Election safety and leader completeness (Raft figure 3), and that it says what its reign is taken to say.
std::string SmallWorld::check_leader(WorldState& state, int replica) {
  const auto& here = local(state, replica);
  auto term = here.raft->term();
  auto& reign = state.reigns[at(term)];
  const bool is_new = reign.leader < 0;
  if (!is_new && reign.leader != replica) return "election safety: two leaders of term " + std::to_string(term);
  if (is_new) {
    reign.leader = small(replica);
    reign.start = small(here.log.end());
    reign.first_log_start = small(here.log.start());
    for (int offset = 0; offset < settings_.length; ++offset) {
      if (state.committed[at(offset)] == 0 || state.committed_in[at(offset)] >= term || offset < here.log.start())
        continue;
      if (offset >= here.log.end() || here.log.at(offset) + 1 != state.committed[at(offset)])
        return "leader completeness: the leader of term " + std::to_string(term) + " lacks what is committed at " +
               std::to_string(offset);
    }
    if (auto before = here.log.start(); before > 0)
      reign.epochs[at(before - 1)] = small(here.log.epochs().epoch_of(before - 1).value_or(0));
  }
  reign.log_start = small(here.log.start());
  reign.end = small(here.log.end());
  reign.commit = small(here.raft->commit());
  for (auto offset = here.log.start(); offset < here.log.end(); ++offset)
    reign.epochs[at(offset)] = small(here.log.at(offset));
  for (const auto& message : locals_.plans(state.replicas[at(replica)])) {
    const auto* append = std::get_if<AppendRequest>(&message.body);
    const auto* over = std::get_if<StartOver>(&message.body);
    ASSERT((append && append->term_start == reign.start && append->log_end == reign.end) ||
           (over && over->term_start == reign.start && over->offset == reign.log_start));
  }
  return "";
}

// State machine safety, and that no later leader lacks what is committed only now.
std::string SmallWorld::check_commits(WorldState& state, const Commits& commits) {
  auto offset = commits.start;
  for (auto committed : commits.epochs) {
    auto epoch = small(committed + 1);
    auto& known = state.committed[at(offset)];
    auto& known_in = state.committed_in[at(offset)];
    if (known != 0 && known != epoch)
      return "state machine safety: two contents are committed at " + std::to_string(offset);
    if (known == 0 && !commits.leads)
      return "a follower takes for committed what no leader has committed, at " + std::to_string(offset);
    if (known == 0 || (commits.leads && commits.term < known_in)) known_in = small(commits.term);
    known = epoch;
    for (Epoch later = known_in + 1; later < settings_.terms; ++later) {
      const auto& reign = state.reigns[at(later)];
      if (reign.leader < 0 || offset < reign.log_start) continue;
      if (offset >= reign.end || reign.epochs[at(offset)] + 1 != known)
        return "leader completeness: what is committed at " + std::to_string(offset) + " in term " +
               std::to_string(known_in) + " the leader of term " + std::to_string(later) + " lacks";
    }
    ++offset;
  }
  return "";
}

}  // namespace fulmar
