// An administrator of SCRAM credentials that nobody authenticates with: each that it was told is set, or deleted, has
// to be shown so in the end. After a request of unknown outcome the user is left alone, and the next one has a new
// name.
#include <map>

#include "broker/protocol/messages/scram_credentials.h"
#include "broker/security/sasl/scram_credential.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/topic_view.h"

namespace fulmar {

namespace {

constexpr Duration shown_max = seconds(40);  // once the core is to be well
constexpr Duration look_interval = milliseconds(200);
constexpr int changes_max = 6;
constexpr std::int64_t mechanisms = 2;

using Iterations = std::map<std::int8_t, std::int32_t>;  // by mechanism

class UserOwner {
 public:
  UserOwner(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        random_(host.entropy().stream()),
        view_(host, workload, random_.split("view")) {}

  void live() {
    while (!workload_.stop) {
      name_ = "owned-user-" + std::to_string(number_++);
      known_.clear();
      for (int changes = 0; changes < changes_max && !workload_.stop; ++changes) {
        pause(host_, random_, workload_.plan.setting(settings::owner_pace_ms));
        if (!change() || !is_shown()) break;
      }
    }
  }

 private:
  // Returns whether it was carried out.
  bool change() {
    const auto mechanism = static_cast<std::int8_t>(random_.between(1, mechanisms));
    AlterUserScramCredentialsRequest request;
    auto wanted = known_;
    if (wanted.contains(mechanism) && random_.chance(1, 2)) {
      request.deletions.push_back({name_, mechanism});
      wanted.erase(mechanism);
    } else {
      wanted[mechanism] = static_cast<std::int32_t>(random_.between(scram_iterations_min, scram_iterations_max));
      request.upsertions.push_back({.name = name_,
                                    .mechanism = mechanism,
                                    .iterations = wanted[mechanism],
                                    .salt = Bytes::copy_of(std::to_string(random_.below(1'000'000))),
                                    .salted_password = Bytes::copy_of(std::string(32, 'x'))});
    }
    auto response = view_.ask<AlterUserScramCredentialsResponse>(request);
    if (!response || response->results.size() != 1) return false;
    const bool deletes = !request.deletions.empty();
    const auto error = response->results[0].error_code;
    if (error == ErrorCode::none) {
      known_ = std::move(wanted);
      workload_.marks.reach(deletes ? Mark::owned_user_deleted : Mark::owned_user_set);
    }
    return error == ErrorCode::none;
  }

  // nullopt: the broker did not say.
  std::optional<Iterations> look() {
    DescribeUserScramCredentialsRequest request;
    request.users = {{name_}};
    auto response = view_.ask<DescribeUserScramCredentialsResponse>(request);
    if (!response || response->error_code != ErrorCode::none || response->results.size() != 1) return std::nullopt;
    const auto& result = response->results[0];
    if (result.error_code == ErrorCode::resource_not_found) return Iterations();
    if (result.error_code != ErrorCode::none) return std::nullopt;
    Iterations shown;
    for (const auto& info : result.credential_infos) shown[info.mechanism] = info.iterations;
    return shown;
  }

  bool is_shown() {
    std::optional<Iterations> last;
    for (auto give_up = Instant::max();;) {
      if (auto shown = look()) last = std::move(shown);
      if (last == known_) return true;
      if (workload_.stop && give_up == Instant::max()) give_up = host_.clock().now() + shown_max;
      if (host_.clock().now() >= give_up) break;
      host_.clock().sleep_for(look_interval);
    }
    auto text_of = [](const Iterations& all) {
      std::string text;
      for (const auto& [mechanism, iterations] : all)
        text += " mechanism " + std::to_string(mechanism) + " of " + std::to_string(iterations) + " iterations";
      return text.empty() ? " nothing" : text;
    };
    if (last)
      workload_.seen.push_back({"administration", "not-as-set",
                                name_ + " is shown with" + text_of(*last) + ", not with" + text_of(known_),
                                host_.clock().now()});
    return false;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  TopicView view_;
  std::string name_;
  int number_ = 0;
  Iterations known_;
};

}  // namespace

void own_users(Host& host, Workload& workload) {
  // The release before has no credentials in its metadata.
  if (workload.plan.has(settings::upgrade_at_ms)) return;
  for (auto mark : {Mark::owned_user_set, Mark::owned_user_deleted}) workload.marks.expect(mark);
  UserOwner(host, workload).live();
}

}  // namespace fulmar
