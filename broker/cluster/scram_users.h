// ScramUsers: who authenticates with SCRAM, and by what; immutable parts are shared, as in the rest of an image.
//
// Beside the users' there is a credential of nobody's for each mechanism, under the name "", which no user can have:
// what unknown users are answered with is derived from its keys, which are secret and the same on all brokers. It comes
// with the first credential of its mechanism, and stays.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "broker/security/sasl/scram_credential.h"
#include "runtime/base/persistent_map.h"

namespace fulmar {

class ScramUsers {
 public:
  using Credentials = std::map<ScramMechanism, ScramCredential>;

  // Null: there is none.
  const ScramCredential* find(std::string_view user, ScramMechanism mechanism) const;
  // Of one user; null: there is none. Not of "".
  const Credentials* of(std::string_view user) const;
  // What to answer whoever says to be `user`: see FoundCredential. Takes the same steps for known and unknown ones. If
  // there is no credential of this mechanism at all, `made_up` is nobody's.
  FoundCredential look_up(std::string_view user, ScramMechanism mechanism, const ScramCredential& made_up) const;

  void put(const std::string& user, ScramMechanism mechanism, ScramCredential credential);
  void remove(const std::string& user, ScramMechanism mechanism);

  // Users with credentials, and nobody.
  std::size_t size() const { return users_.size(); }
  // visit(user, mechanism, credential), in their order; also nobody's.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [user, credentials] : users_)
      for (const auto& [mechanism, credential] : credentials) visit(user, mechanism, credential);
  }

  bool operator==(const ScramUsers&) const = default;

 private:
  PersistentMap<std::string, Credentials> users_;
};

inline constexpr std::string_view scram_nobody;

}  // namespace fulmar
