// A client that changes the password of the clients' user, as an administrator who authenticates by another one. The
// clients use the new one once the change is acknowledged.
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/security/sasl/scram.h"
#include "broker/security/sasl/scram_credential.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

AlterUserScramCredentialsRequest change_to(const std::string& password, const std::string& salt,
                                           ScramMechanism mechanism) {
  auto salted = salted_password(mechanism, password, salt, scram_iterations_min);
  AlterUserScramCredentialsRequest request;
  request.upsertions.push_back({.name = LifeSecurity::worker,
                                .mechanism = static_cast<std::int8_t>(mechanism),
                                .iterations = scram_iterations_min,
                                .salt = Bytes::copy_of(salt),
                                .salted_password = Bytes::copy_of(salted)});
  return request;
}

enum class Change : std::uint8_t { made, not_made, in_doubt };

// Whoever was in charge may stand still for the rest of the life: after a failure the client asks anew who is.
Change try_to_change(ClusterClient& brokers, const AlterUserScramCredentialsRequest& request) {
  bool sent = false;
  auto changed = brokers.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, brokers.controller(deadline));
    sent = true;
    FULMAR_TRY(auto response, controller->call<AlterUserScramCredentialsResponse>(request, deadline));
    if (response.results.size() != 1) return refuse(ErrorCode::unknown_server_error, "something else");
    auto error = response.results.front().error_code;
    if (error != ErrorCode::none) return refuse(error, "not changed");
    return {};
  });
  if (changed) return Change::made;
  return sent && may_be_made(changed.error()) ? Change::in_doubt : Change::not_made;
}

}  // namespace

void change_passwords(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  auto options = cluster_options(workload, random.split("cluster"));
  options.security = workload.security.client(LifeSecurity::admin, LifeSecurity::admin_password);
  options.password = {};
  options.patience = {};  // each try by itself
  ClusterClient brokers(host, options);
  workload.marks.expect(Mark::password_changed);
  // A request that was not answered may be carried out later, and bring its password back: then there is no further
  // one.
  for (bool in_doubt = false; !in_doubt && !workload.stop;) {
    pause(host, random, workload.plan.setting(settings::password_pace_ms));
    auto password = "worker-" + std::to_string(workload.passwords.size() + 1);
    auto salt = sasl_nonce(host.entropy());
    auto request = change_to(password, salt, *workload.security.scram());
    workload.passwords[salt] = {password, host.clock().now()};
    for (;;) {
      auto change = try_to_change(brokers, request);
      if (change == Change::made) break;
      in_doubt |= change == Change::in_doubt;
      pause(host, random, 300);
    }
    workload.password = password;
    workload.marks.reach(Mark::password_changed);
  }
}

}  // namespace fulmar
