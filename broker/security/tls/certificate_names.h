// Whom the certificate is for that a TlsContext shows.
#pragma once

#include <string>
#include <vector>

#include "broker/security/tls/tls_context.h"

namespace fulmar {

// The subject as Java prints it, and then the names and addresses that the certificate is for, as "DNS:NAME" and
// "IP:ADDRESS" (one of version 6 in hexadecimal). Empty: there is no certificate.
std::vector<std::string> certificate_names(const TlsContext& context);

}  // namespace fulmar
