// Authentication: nobody is served who has not authenticated, or whose session has ended; a broker lets in whoever has
// the password that it knows, and nobody else, from the moment that it knows it.
//
// What a broker knows is observed shard by shard, and a connection is any shard's: so while an attempt is under way, a
// password that one of them knows may be accepted, and one that all of them know must be.
#include "checkers/history.h"

namespace fulmar {

namespace {

void check_request(const GuardedRequest& request, Violations& found) {
  if (request.outcome != Outcome::ok) return;
  auto told = [&](const char* anomaly, const std::string& why) {
    found.push_back({"authentication", anomaly,
                     "broker " + std::to_string(request.broker) + " answered " + request.what + ", " + why,
                     request.completed});
  };
  if (!request.session_end) return told("stranger-served", "who has not authenticated");
  if (request.invoked > *request.session_end)
    told("served-after-session", "sent at " + to_string(request.invoked) + ", when the session had ended at " +
                                     to_string(*request.session_end) + " at the latest");
}

void check_attempt(const AuthenticationAttempt& attempt, const History& history, Violations& found) {
  if (attempt.outcome != Outcome::ok && attempt.outcome != Outcome::failed) return;
  bool any_knows = false, any_knows_another = false;
  for (const auto& known : history.known_passwords) {
    if (known.broker != 0 && known.broker != attempt.broker) continue;
    if (known.user != attempt.user || known.mechanism != attempt.mechanism) continue;
    if (known.until < attempt.invoked || known.from > attempt.completed) continue;
    (known.password == attempt.password ? any_knows : any_knows_another) = true;
  }
  const bool accepted = attempt.outcome == Outcome::ok;
  auto told = [&](const char* anomaly, const std::string& what) {
    found.push_back({"authentication", anomaly,
                     "broker " + std::to_string(attempt.broker) + " " + what + " for user " + attempt.user + " with " +
                         attempt.mechanism + " between " + to_string(attempt.invoked) + " and " +
                         to_string(attempt.completed),
                     attempt.completed});
  };
  if (accepted && !any_knows) told("wrong-password-accepted", "accepted a password that it did not know");
  if (!accepted && any_knows && !any_knows_another) told("right-password-refused", "refused the password that it knew");
}

}  // namespace

void check_authentication(const History& history, Violations& found) {
  for (const auto& request : history.guarded_requests) check_request(request, found);
  for (const auto& attempt : history.authentication_attempts) check_attempt(attempt, history, found);
}

}  // namespace fulmar
