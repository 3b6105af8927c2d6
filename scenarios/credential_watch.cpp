#include "scenarios/credential_watch.h"

#include <algorithm>

namespace fulmar {

CredentialWatch::CredentialWatch(Workload& workload, std::function<Instant()> now)
    : workload_(workload), now_(std::move(now)) {
  if (const auto& mechanism = workload.security.mechanism(); mechanism && !workload.security.scram())
    workload.history.known_passwords.push_back({.broker = 0,
                                                .user = LifeSecurity::worker,
                                                .mechanism = std::string(to_string(*mechanism)),
                                                .password = LifeSecurity::worker_password});
}

// A salt that nobody of the life has made is that of the first credential.
std::string CredentialWatch::password_in(const MetadataImage& image) const {
  const auto* credential = image.scram_users.find(LifeSecurity::worker, *workload_.security.scram());
  if (!credential) return {};
  auto made = workload_.passwords.find(credential->salt);
  return made == workload_.passwords.end() ? LifeSecurity::worker_password : made->second.password;
}

void CredentialWatch::note(std::int32_t broker, const Known& known) {
  workload_.history.known_passwords.push_back({broker, LifeSecurity::worker,
                                               std::string(to_string(*workload_.security.mechanism())), known.password,
                                               known.from, now_()});
}

void CredentialWatch::shows(std::int32_t broker, const MetadataImage& image) {
  for (const auto& [name, topic] : image.topics)
    if (name == strangers_topic)
      workload_.seen.push_back(
          {"authentication", "stranger-had-effect",
           "broker " + std::to_string(broker) + " shows a topic that only clients without a session asked for",
           now_()});
  if (!workload_.security.scram()) return;
  auto password = password_in(image);
  auto& known = known_.at(broker);
  if (known.password != password) {
    note(broker, known);
    // Some shard may have known it before this, but none before the image that was shown last, and before it was made.
    auto from = known.shown;
    for (const auto& [salt, made] : workload_.passwords)
      if (made.password == password) from = std::max(from, made.invoked);
    known = {std::move(password), from, now_()};
  }
  known.shown = now_();
}

void CredentialWatch::begins(std::int32_t broker) {
  if (auto before = known_.find(broker); before != known_.end()) note(broker, before->second);
  known_[broker] = {{}, now_(), now_()};
}

void CredentialWatch::finish() {
  for (const auto& [broker, known] : known_) note(broker, known);
  known_.clear();
}

}  // namespace fulmar
