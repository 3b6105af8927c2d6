// SaslHandshake and SaslAuthenticate where there is nothing to authenticate: on a listener without SASL, or once the
// client has. All others are answered by SaslGate.
#include "broker/protocol/messages/sasl.h"

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"

namespace fulmar {

Result<ByteChain> handle_sasl_handshake(BrokerShard&, const Request& call) {
  FULMAR_TRY_VOID(call.body<SaslHandshakeRequest>());
  SaslHandshakeResponse response;
  response.error_code = ErrorCode::illegal_sasl_state;
  return call.answer(response);
}

Result<ByteChain> handle_sasl_authenticate(BrokerShard&, const Request& call) {
  FULMAR_TRY_VOID(call.body<SaslAuthenticateRequest>());
  SaslAuthenticateResponse response;
  response.error_code = ErrorCode::illegal_sasl_state;
  response.error_message = "SaslAuthenticate request received after successful authentication";
  return call.answer(response);
}

}  // namespace fulmar
