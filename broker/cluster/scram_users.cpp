#include "broker/cluster/scram_users.h"

namespace fulmar {

const ScramCredential* ScramUsers::find(std::string_view user, ScramMechanism mechanism) const {
  const auto* credentials = users_.find(user);
  if (!credentials) return nullptr;
  auto found = credentials->find(mechanism);
  return found == credentials->end() ? nullptr : &found->second;
}

const ScramUsers::Credentials* ScramUsers::of(std::string_view user) const {
  return user == scram_nobody ? nullptr : users_.find(user);
}

FoundCredential ScramUsers::look_up(std::string_view user, ScramMechanism mechanism,
                                    const ScramCredential& made_up) const {
  const auto* nobody = find(scram_nobody, mechanism);
  auto answered = made_up_credential(mechanism, user, nobody ? *nobody : made_up);
  const auto* known = user == scram_nobody ? nullptr : find(user, mechanism);
  return known ? FoundCredential{*known, true} : FoundCredential{std::move(answered), false};
}

void ScramUsers::put(const std::string& user, ScramMechanism mechanism, ScramCredential credential) {
  const auto* known = users_.find(user);
  auto credentials = known ? *known : Credentials();
  credentials.insert_or_assign(mechanism, std::move(credential));
  users_.insert_or_assign(user, std::move(credentials));
}

void ScramUsers::remove(const std::string& user, ScramMechanism mechanism) {
  const auto* known = users_.find(user);
  if (!known || !known->contains(mechanism)) return;
  auto credentials = *known;
  credentials.erase(mechanism);
  if (credentials.empty())
    users_.erase(user);
  else
    users_.insert_or_assign(user, std::move(credentials));
}

}  // namespace fulmar
