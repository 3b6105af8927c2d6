#include "scenarios/groups_in_peace.h"

#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr int tries_max = 2;

using Course = std::optional<WrongInPeace> (*)(Host&, Workload&, const std::string&);

void insist(Host& host, Workload& workload, Course course, const std::string& name) {
  std::string reasons;
  for (int tries = 1; tries <= tries_max; ++tries) {
    auto wrong = course(host, workload, name + "-" + std::to_string(tries));
    if (!wrong) return workload.marks.reach(Mark::groups_in_peace);
    reasons += "\nby " + to_string(host.clock().now()) + ": " + wrong->what;
    if (tries == tries_max)
      workload.seen.push_back({"groups in peace", wrong->anomaly, "several times:" + reasons, host.clock().now()});
  }
}

}  // namespace

int have_groups_in_peace(Host& host, Workload& workload) {
  const auto members_max = workload.plan.setting_or(settings::group_size_max, 3);
  if (members_max >= 2) insist(host, workload, consumers_in_peace, "in-peace-consumers");
  if (members_max >= 3) insist(host, workload, members_in_peace, "in-peace-members");
  return 0;
}

}  // namespace fulmar
