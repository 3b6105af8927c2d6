#include "tests/raft/exhaustive/world.h"

#include <algorithm>
#include <limits>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93ULL;
  return value ^ value >> 32;
}

}  // namespace

// The smallest hash under all namings.
std::uint64_t SmallWorld::hash_of(const WorldState& state) const {
  // The parts without names, once.
  std::array<std::int64_t, world_terms_max> reigns{};
  for (int term = 0; term < settings_.terms; ++term) {
    const auto& reign = state.reigns[at(term)];
    auto& sum = reigns[at(term)];
    for (auto part : {reign.start, reign.end, reign.log_start, reign.first_log_start, reign.commit})
      sum = sum * 16 + part;
    for (auto epoch : reign.epochs) sum = sum * 16 + epoch;
  }
  std::int64_t counts = state.crashes * 16 + state.changes;
  for (auto epoch : state.committed) counts = counts * 16 + epoch;
  for (auto term : state.committed_in) counts = counts * 16 + term;

  auto smallest = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t naming = 0; naming < namings; ++naming) {
    const auto& names = all_names[naming];
    std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
    auto add = [&](std::uint64_t number) { hash = mix(hash + number + 1); };
    Names old{};
    for (int replica = 0; replica < world_replicas; ++replica) old[at(names[at(replica)])] = replica;
    for (auto replica : old) add(local(state, replica).hashes[naming]);
    for (int term = 0; term < settings_.terms; ++term) {
      const auto& reign = state.reigns[at(term)];
      const int leader = reign.leader < 0 ? reign.leader : names[at(reign.leader)];
      add(static_cast<std::uint64_t>(reigns[at(term)] * 4 + leader));
      for (std::size_t i = 0; i < reign.configurations.size() && reign.configurations[i] != 0; ++i)
        add(configuration_hashes_[at(reign.configurations[i] - 1)][naming]);
    }
    add(static_cast<std::uint64_t>(counts));
    smallest = std::min(smallest, hash);
  }
  return smallest;
}

SmallWorld::SmallWorld(const WorldSettings& settings)
    : settings_(settings),
      locals_({.voters = settings.voters,
               .page_cache = settings.page_cache,
               .power_fails_in_between = settings.power_fails_in_between && !settings.page_cache,
               .synced_at_once = settings.changes > 0}) {
  FULMAR_ASSERT(settings.terms <= world_terms_max && settings.length <= world_length_max);
}

WorldState SmallWorld::first() {
  WorldState state;
  for (int replica = 0; replica < world_replicas; ++replica) state.replicas[at(replica)] = locals_.newborn(replica);
  for (const auto& step : settings_.begins) {
    const auto from = state;
    aloud_ = true;
    bool found = false;
    successors(from, [&](const WorldState& next, const std::string& violated) {
      if (!told_.starts_with(step) || !violated.empty()) return;
      state = next;
      found = true;
    });
    aloud_ = false;
    FULMAR_ASSERT(found);
  }
  return state;
}

void SmallWorld::arrive(WorldState next, const std::string& what, int who, const Reached& reached,
                        const std::vector<Commits>& on_the_way) {
  // A replica that is the only voter stands by itself when it starts.
  for (int replica = 0; replica < world_replicas; ++replica)
    if (local(next, replica).raft->term() >= settings_.terms) return;
  std::string violated;
  for (const auto& commits : on_the_way)
    if (violated.empty()) violated = check_commits(next, commits);
  if (violated.empty()) violated = check(next);
  forget(next);
  if (aloud_) told_ = "replica " + std::to_string(who) + " " + what;
  reached(next, violated);
}

void SmallWorld::each(const WorldState& state, int replica, const std::vector<LocalOutcome>& outcomes, const char* what,
                      const Reached& reached) {
  for (const auto& outcome : outcomes) {
    if (outcome.crashed && state.crashes >= settings_.crashes) continue;
    auto next = state;
    next.replicas[at(replica)] = outcome.next;
    next.crashes = small(next.crashes + outcome.crashed);
    if (next == state) continue;
    arrive(next, outcome.crashed ? std::string("crashes as it ") + what : what, replica, reached,
           outcome.crashed ? std::vector{outcome.before} : std::vector<Commits>());
  }
}

void SmallWorld::successors(const WorldState& state, const Reached& reached) {
  for (int replica = 0; replica < world_replicas; ++replica) {
    auto id = state.replicas[at(replica)];
    const auto& raft = *local(state, replica).raft;
    const auto& log = local(state, replica).log;
    const bool leads = raft.role() == Role::leader;
    const auto end = log.end(), synced = log.synced_end(), start = log.start(), commit = raft.commit();
    elect(state, replica, reached);
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
    if (settings_.changes == 0) continue;
    hear_configurations(state, replica, reached);
    if (leads && state.changes < settings_.changes) change_members(state, replica, reached);
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
            std::to_string(here.raft->commit()) + " configuration " +
            std::to_string(here.raft->configuration_mark().term) + "." +
            std::to_string(here.raft->configuration_mark().version) + " (" + to_string(here.raft->configuration()) +
            ") log " + std::to_string(here.log.start()) + " [";
    for (auto offset = here.log.start(); offset < here.log.end(); ++offset)
      text += (offset > here.log.start() ? " " : "") + std::to_string(here.log.at(offset)) +
              (offset >= here.log.synced_end() ? "?" : "");
    text += "]\n";
  }
  return text;
}

// No replica can receive messages of a reign any more once all are in later terms.
void SmallWorld::forget(WorldState& state) const {
  Epoch lowest = settings_.terms;
  for (int replica = 0; replica < world_replicas; ++replica)
    lowest = std::min(lowest, local(state, replica).raft->term());
  for (Epoch term = 0; term < settings_.terms; ++term) {
    auto& reign = state.reigns[at(term)];
    if (term >= lowest) continue;
    auto configurations = reign.configurations;
    reign = {};
    if (settings_.changes == 0) continue;
    std::size_t kept = 0;
    for (auto number : configurations)
      if (number > 0 && some_may_take(state, configurations_[at(number - 1)])) reign.configurations[kept++] = number;
  }
}

std::string SmallWorld::check(WorldState& state) {
  std::string wrong;
  for (int replica = 0; replica < world_replicas && wrong.empty(); ++replica) wrong = local(state, replica).broken;
  for (int replica = 0; replica < world_replicas && wrong.empty(); ++replica)
    if (local(state, replica).raft->role() == Role::leader) wrong = check_leader(state, replica);
  for (int replica = 0; replica < world_replicas && wrong.empty(); ++replica)
    wrong = check_commits(state, local(state, replica).commits);
  if (wrong.empty() && settings_.changes > 0) wrong = check_marks(state);
  return wrong;
}

// Election safety and leader completeness (Raft figure 3), and that its log is as the reign has it.
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
  if (settings_.changes > 0) note_configuration(reign, here.raft->hard_state().configuration);
  reign.log_start = small(here.log.start());
  reign.end = small(here.log.end());
  reign.commit = small(here.raft->commit());
  for (auto offset = here.log.start(); offset < here.log.end(); ++offset)
    reign.epochs[at(offset)] = small(here.log.at(offset));
  for (const auto& message : locals_.plans(state.replicas[at(replica)])) {
    const auto* append = std::get_if<AppendRequest>(&message.body);
    const auto* over = std::get_if<StartOver>(&message.body);
    FULMAR_ASSERT((append && append->term_start == reign.start && append->log_end == reign.end) ||
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
