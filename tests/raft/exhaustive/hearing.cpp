// The messages that replicas of a SmallWorld may receive about the logs of its leaders.
#include <algorithm>

#include "tests/raft/exhaustive/world.h"

namespace fulmar {

namespace {

std::uint64_t key_of(const Reign& reign, Epoch term) {
  auto key = static_cast<std::uint64_t>(term);
  for (auto part : {reign.start, reign.end, reign.commit, reign.leader}) key = key * 8 + at(part);
  for (int offset = 0; offset < reign.end; ++offset) key = key * 8 + at(reign.epochs[at(offset)]);
  return key;
}

Epoch epoch_before(const Reign& reign, int offset) {
  return offset == 0 ? -1 : Epoch{reign.epochs[at(offset - 1)]};
}

// What the leader of a term sent, or may have sent, of [prev, end) of its log.
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

}  // namespace

// One replica processes one message of a leader, and the leader its reply.
void SmallWorld::heard(const WorldState& state, int replica, const LocalOutcome& outcome, const std::string& what,
                       const Reached& reached) {
  if (outcome.crashed && state.crashes >= settings_.crashes) return;
  auto next = state;
  next.replicas[at(replica)] = outcome.next;
  next.crashes = small(next.crashes + outcome.crashed);
  const auto unanswered = next;
  std::vector<Commits> on_the_way;
  if (outcome.crashed) on_the_way.push_back(outcome.before);
  const auto before_the_answer = on_the_way;
  bool configuration_moves = false;
  for (auto answer : outcome.messages) {
    const auto to = locals_.message(answer).to.broker;
    const auto& leader = local(next, to);
    if (leader.raft->role() != Role::leader || leader.raft->term() != locals_.message(answer).term) continue;
    next.replicas[at(to)] = locals_.hear(next.replicas[at(to)], answer).front().next;
    const auto& after = local(next, to);
    configuration_moves =
        configuration_moves || after.raft->configuration_mark() != local(state, to).raft->configuration_mark();
    if (after.raft->role() == Role::leader) continue;
    // It removed itself from the group: the commit that this reply allows, it still makes as the leader.
    on_the_way.push_back(after.commits);
    on_the_way.back().leads = true;
  }
  if (configuration_moves && !(unanswered == state))
    arrive(unanswered, "hears " + what + ", and its answer is lost", replica, reached, before_the_answer);
  if (next == state) return;
  arrive(next, (outcome.crashed ? "crashes as it hears " : "hears ") + what, replica, reached, on_the_way);
}

// Calls `hear` for each message that the leader of that reign may have sent.
void SmallWorld::each_message(
    const Reign& reign, Epoch term, int replica,
    const std::function<void(std::uint64_t key, const std::function<Said()>& make)>& hear) const {
  auto addressed = [&](Said said) {
    said.message.from = LocalStates::id_of(reign.leader);
    said.message.to = LocalStates::id_of(replica);
    said.message.term = term;
    if (settings_.changes > 0) return said;  // see hear_configurations()
    // The leader's own mark from when it leads.
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

// All outcomes for a replica of the messages of a reign.
const std::vector<LocalOutcome>& SmallWorld::all_heard(LocalId id, const Reign& reign, Epoch term, int replica) {
  auto key = key_of(reign, term) * 64 + at(reign.log_start) * 8 + at(reign.first_log_start);
  auto [found, fresh] = heard_.try_emplace({id, key});
  if (!fresh) return found->second;
  auto& all = found->second;
  each_message(reign, term, replica, [&](std::uint64_t message, const std::function<Said()>& make) {
    for (const auto& outcome : locals_.hear(id, message, make)) {
      bool known = std::any_of(all.begin(), all.end(), [&](const LocalOutcome& other) {
        return other.next == outcome.next && other.crashed == outcome.crashed && other.messages == outcome.messages &&
               other.before == outcome.before;
      });
      if (!known && (outcome.next != id || !outcome.messages.empty())) all.push_back(outcome);
    }
  });
  return all;
}

// Messages of the leader of its term, or of a later one.
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

}  // namespace fulmar
