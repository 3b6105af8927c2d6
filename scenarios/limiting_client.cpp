// A client that sets quotas for everybody while the cluster is used, some so low that clients are held back, and
// removes them at the end; then no broker may show any.
#include <cmath>

#include "broker/client/quota_admin.h"
#include "broker/protocol/messages/client_quotas.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration gone_max = seconds(20);  // for acknowledged changes to be shown by the broker that is asked

// Of everybody, each in another way. `user`: as whom the clients come.
std::vector<QuotaEntity> entities_of(const std::string& user) {
  return {{{"user", std::nullopt}},
          {{"user", user}},
          {{"client-id", std::nullopt}},
          {{"user", user}, {"client-id", std::nullopt}}};
}

QuotaChanges choose_changes(Random& random) {
  QuotaChanges changes;
  auto choose = [&](QuotaKind kind, double rate) {
    if (random.chance(1, 3)) return;
    auto removed = random.chance(1, 3);
    changes.emplace(key_of(kind), removed ? std::nullopt : std::optional(rate));
  };
  auto power_of_two = [&](int from, int to) { return std::ldexp(1.0, static_cast<int>(random.between(from, to))); };
  choose(QuotaKind::produced_bytes, power_of_two(11, 17));
  choose(QuotaKind::fetched_bytes, power_of_two(11, 17));
  // Not so little that each request goes beyond it: then clients whose timeout is no longer than they are held back get
  // nowhere.
  choose(QuotaKind::request_time, power_of_two(-3, 3));
  choose(QuotaKind::controller_mutations, static_cast<double>(random.between(1, 20)));
  return changes;
}

QuotaChanges all_removed() {
  QuotaChanges changes;
  for (auto kind :
       {QuotaKind::produced_bytes, QuotaKind::fetched_bytes, QuotaKind::request_time, QuotaKind::controller_mutations})
    changes.emplace(key_of(kind), std::nullopt);
  return changes;
}

}  // namespace

void limit_clients(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  auto options = cluster_options(workload, random.split("cluster"));
  options.patience = {};  // a change that is tried again may take effect twice, the second time much later
  ClusterClient brokers(host, options);
  const auto entities = entities_of(workload.security.principal().substr(std::string("User:").size()));
  bool in_doubt = false;  // whether a request may be under way still, or be made later
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::quota_pace_ms));
    const auto& of = entities[random.below(entities.size())];
    auto changes = choose_changes(random);
    if (changes.empty()) continue;
    auto changed = alter_client_quotas(brokers, of, changes);
    in_doubt |= !changed && may_be_made(changed.error());
  }
  // A cluster whose metadata is still of the release before has none, and refuses to change that.
  auto remove = [&](const QuotaEntity& of) {
    auto removed = alter_client_quotas(brokers, of, all_removed());
    return removed || removed.error().code == ErrorCode::unsupported_version;
  };
  auto remove_all = [&] {
    for (const auto& of : entities)
      while (!remove(of)) pause(host, random, 500);
  };
  remove_all();
  const auto give_up = host.clock().now() + gone_max;
  for (;;) {
    auto shown = client_quotas(brokers, {});
    if (shown && shown->empty()) return;
    if (in_doubt) remove_all();
    if (host.clock().now() >= give_up) {
      if (shown && !in_doubt)
        workload.seen.push_back(
            {"configuration", "lost-config",
             "there is a quota of " + to_string(shown->begin()->first) + ", though the removal of all was acknowledged",
             host.clock().now()});
      return;
    }
    pause(host, random, 500);
  }
}

}  // namespace fulmar
