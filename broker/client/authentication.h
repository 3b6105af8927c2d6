// Authenticates a client's connection with SASL.
#pragma once

#include <optional>

#include "broker/client/client_error.h"
#include "broker/client/client_security.h"
#include "broker/client/connection.h"

namespace fulmar {

class SaltedPasswords;

// Before any request but ApiVersions, and again on the same connection, a second after the last time at the earliest,
// so that the session goes on (KIP-368); meanwhile others' calls wait. Returns when the session ends, if it does: then
// the broker closes the connection at the next request. Errors: those of a connection; SASL_AUTHENTICATION_FAILED,
// UNSUPPORTED_SASL_MECHANISM and ILLEGAL_SASL_STATE, with the broker's message, after which the broker closes it;
// INVALID_REQUEST, if the broker does not prove what it has to. `salted` outlives the call; only with SCRAM.
Answer<std::optional<Instant>> authenticate(Host& host, ClientConnection& connection, const ClientSecurity& security,
                                            SaltedPasswords& salted, Deadline deadline);

}  // namespace fulmar
