// TlsGuard: what a listener with TLS asks of its clients, and who they are by their certificates. Immutable; shards
// share it.
#pragma once

#include <memory>
#include <string_view>

#include "broker/security/principal.h"
#include "broker/security/tls/principal_mapping.h"
#include "broker/security/tls/tls_connection.h"
#include "broker/security/tls/tls_context.h"

namespace fulmar {

class TlsGuard {
 public:
  // `mapping_rules`: ssl.principal.mapping.rules. Errors: as TlsContext::make and PrincipalMapping::parse.
  static Result<std::shared_ptr<const TlsGuard>> make(const TlsSettings& settings, std::string_view mapping_rules,
                                                      Entropy& entropy);

  const std::shared_ptr<const TlsContext>& context() const { return context_; }
  // Whom the certificate names; without one, ANONYMOUS. After the handshake. Errors: refused, if no rule applies.
  Result<Principal> principal_of(const TlsConnection& connection) const;

 private:
  TlsGuard(std::shared_ptr<const TlsContext> context, PrincipalMapping mapping)
      : context_(std::move(context)), mapping_(std::move(mapping)) {}

  const std::shared_ptr<const TlsContext> context_;
  const PrincipalMapping mapping_;
};

}  // namespace fulmar
