#include "broker/protocol/messages/scram_credentials.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, AlterUserScramCredentialsRequest::Deletion& m) {
  f("name", m.name);
  f("mechanism", m.mechanism);
}

template <class F>
void describe(F& f, AlterUserScramCredentialsRequest::Upsertion& m) {
  f("name", m.name);
  f("mechanism", m.mechanism);
  f("iterations", m.iterations);
  f("salt", m.salt);
  f("salted_password", m.salted_password);
}

template <class F>
void describe(F& f, AlterUserScramCredentialsRequest& m) {
  f("deletions", m.deletions);
  f("upsertions", m.upsertions);
}

template <class F>
void describe(F& f, AlterUserScramCredentialsResponse::Result& m) {
  f("user", m.user);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, AlterUserScramCredentialsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, DescribeUserScramCredentialsRequest::User& m) {
  f("name", m.name);
}

template <class F>
void describe(F& f, DescribeUserScramCredentialsRequest& m) {
  f("users", m.users);
}

template <class F>
void describe(F& f, DescribeUserScramCredentialsResponse::Credential& m) {
  f("mechanism", m.mechanism);
  f("iterations", m.iterations);
}

template <class F>
void describe(F& f, DescribeUserScramCredentialsResponse::Result& m) {
  f("user", m.user);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("credential_infos", m.credential_infos);
}

template <class F>
void describe(F& f, DescribeUserScramCredentialsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("results", m.results);
}

FULMAR_DEFINE_MESSAGE(AlterUserScramCredentialsRequest);
FULMAR_DEFINE_MESSAGE(AlterUserScramCredentialsResponse);
FULMAR_DEFINE_MESSAGE(DescribeUserScramCredentialsRequest);
FULMAR_DEFINE_MESSAGE(DescribeUserScramCredentialsResponse);

}  // namespace fulmar
