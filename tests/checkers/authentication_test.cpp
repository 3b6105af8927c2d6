// The checker of authentication, on hand-made histories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum Outcome;

Instant at(std::int64_t s) {
  return Instant{} + seconds(s);
}

std::vector<std::string> anomalies(const History& history) {
  Violations found;
  check_authentication(history, found);
  std::vector<std::string> names;
  for (const auto& violation : found) names.push_back(violation.anomaly);
  return names;
}

History with_request(std::optional<Instant> session_end, Outcome outcome, std::int64_t invoked = 5) {
  History history;
  history.guarded_requests.push_back({1, "Metadata of somebody", session_end, at(invoked), at(invoked + 1), outcome});
  return history;
}

TEST(AuthenticationChecker, AStrangerIsNeverServed) {
  EXPECT_THAT(anomalies(with_request({}, ok)), ElementsAre("stranger-served"));
  for (auto outcome : {failed, unknown, pending}) EXPECT_THAT(anomalies(with_request({}, outcome)), IsEmpty());
}

TEST(AuthenticationChecker, NobodyIsServedAfterTheSession) {
  EXPECT_THAT(anomalies(with_request(at(4), ok)), ElementsAre("served-after-session"));
  EXPECT_THAT(anomalies(with_request(at(4), failed)), IsEmpty());
  EXPECT_THAT(anomalies(with_request(at(5), ok)), IsEmpty()) << "it was sent while the session lasted";
  EXPECT_THAT(anomalies(with_request(Instant::max(), ok)), IsEmpty());
}

// Broker 1 knows the password "old" until 10 s, and "new" from 9 s on: not all of its shards change at once.
History with_attempt(const std::string& password, std::int64_t from, std::int64_t to, Outcome outcome,
                     std::int32_t broker = 1) {
  History history;
  history.known_passwords = {{1, "worker", "SCRAM-SHA-256", "", at(0), at(1)},
                             {1, "worker", "SCRAM-SHA-256", "old", at(1), at(10)},
                             {1, "worker", "SCRAM-SHA-256", "new", at(9), Instant::max()},
                             {2, "worker", "SCRAM-SHA-256", "old", at(0), Instant::max()},
                             {1, "worker", "SCRAM-SHA-512", "another", at(0), Instant::max()}};
  history.authentication_attempts.push_back({broker, "worker", "SCRAM-SHA-256", password, at(from), at(to), outcome});
  return history;
}

TEST(AuthenticationChecker, ABrokerAcceptsThePasswordThatItKnows) {
  EXPECT_THAT(anomalies(with_attempt("old", 2, 3, ok)), IsEmpty());
  EXPECT_THAT(anomalies(with_attempt("old", 2, 3, failed)), ElementsAre("right-password-refused"));
  EXPECT_THAT(anomalies(with_attempt("new", 11, 12, failed)), ElementsAre("right-password-refused"));
  EXPECT_THAT(anomalies(with_attempt("old", 2, 3, unknown)), IsEmpty());
}

TEST(AuthenticationChecker, AndNoOther) {
  EXPECT_THAT(anomalies(with_attempt("new", 2, 3, ok)), ElementsAre("wrong-password-accepted"));
  EXPECT_THAT(anomalies(with_attempt("old", 11, 12, ok)), ElementsAre("wrong-password-accepted"));
  EXPECT_THAT(anomalies(with_attempt("another", 11, 12, ok)), ElementsAre("wrong-password-accepted"));
  EXPECT_THAT(anomalies(with_attempt("old", 11, 12, failed)), IsEmpty());
  EXPECT_THAT(anomalies(with_attempt("old", 11, 12, ok, 2)), IsEmpty()) << "that broker does not know the new one yet";
}

TEST(AuthenticationChecker, EitherCountsWhileAChangeReachesTheShards) {
  for (auto* password : {"old", "new"})
    for (auto outcome : {ok, failed})
      for (auto [from, to] : {std::pair(9, 10), std::pair(8, 12)})
        EXPECT_THAT(anomalies(with_attempt(password, from, to, outcome)), IsEmpty()) << password;
  EXPECT_THAT(anomalies(with_attempt("third", 8, 12, ok)), ElementsAre("wrong-password-accepted"));
}

TEST(AuthenticationChecker, APasswordThatAllBrokersKnowIsOneOfEach) {
  auto history = with_attempt("fixed", 2, 3, ok, 3);
  EXPECT_THAT(anomalies(history), ElementsAre("wrong-password-accepted"));
  history.known_passwords.push_back({0, "worker", "SCRAM-SHA-256", "fixed"});
  EXPECT_THAT(anomalies(history), IsEmpty());
}

}  // namespace
}  // namespace fulmar
