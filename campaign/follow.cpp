#include "campaign/follow.h"

#include "sim/world.h"

namespace fulmar {

void follow(World& world, const Plan& plan, const LifeOptions& options, LifeRecord& record) {
  for (const auto& branch : plan.branches)
    if (branch.event > 0) world.branch_at(branch.event, branch.seed);
  if (options.event) world.trace().set_watch(options.event);
  if (options.trace) world.trace().set_sink(options.trace);
  if (options.happening) world.trace().set_observer(options.happening);
  if (options.record || options.account)
    world.trace().set_account(
        [&record, account = options.account, records = options.record](Instant at, std::string_view what) {
          if (account) account(at, what);
          if (records) record.events.push_back({at, std::string(what)});
        });
}

}  // namespace fulmar
