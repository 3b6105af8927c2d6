#include "broker/protocol/messages/sasl.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, SaslHandshakeRequest& m) {
  f("mechanism", m.mechanism);
}

template <class F>
void describe(F& f, SaslHandshakeResponse& m) {
  f("error_code", m.error_code);
  f("mechanisms", m.mechanisms);
}

template <class F>
void describe(F& f, SaslAuthenticateRequest& m) {
  f("auth_bytes", m.auth_bytes);
}

template <class F>
void describe(F& f, SaslAuthenticateResponse& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("auth_bytes", m.auth_bytes);
  f("session_lifetime_ms", m.session_lifetime_ms, {.since = 1});
}

FULMAR_DEFINE_MESSAGE(SaslHandshakeRequest);
FULMAR_DEFINE_MESSAGE(SaslHandshakeResponse);
FULMAR_DEFINE_MESSAGE(SaslAuthenticateRequest);
FULMAR_DEFINE_MESSAGE(SaslAuthenticateResponse);

}  // namespace fulmar
