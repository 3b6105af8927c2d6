#include "broker/replication/retention_rounds.h"

#include "runtime/fiber/patient_rounds.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// How long one replica is waited for. A few writes and syncs of a working disk take less.
constexpr Duration patience = milliseconds(100);
constexpr Duration visit_work = microseconds(1);  // where nothing is to be removed

}  // namespace

RetentionRounds::RetentionRounds(Host& host, const LogLimits& limits, const Replicas& replicas)
    : host_(host), limits_(limits), replicas_(replicas), log_(host.log().named("replica")), clock_(host.clock()) {}

void RetentionRounds::run() {
  PatientRounds<GroupId> rounds("retention of a log");
  for (;;) {
    host_.clock().sleep_for(limits_.retention_check_interval);
    for (auto next = replicas_.begin(); next != replicas_.end();) {
      auto [group, replica] = *next;
      rounds.visit(group, [this, replica] { visit(*replica); }, host_.clock().deadline_in(patience));
      work_in_slices(visit_work);
      next = replicas_.upper_bound(group);  // replicas may be added and removed meanwhile
    }
  }
}

void RetentionRounds::visit(Replica& replica) {
  auto applied = replica.apply_retention(clock_.now_ms(), host_.clock().now() - limits_.producer_id_expiration);
  if (applied) return;
  log_.warn("retention failed", {{"partition", replica.log().directory()}, {"reason", to_string(applied.error())}});
}

}  // namespace fulmar
