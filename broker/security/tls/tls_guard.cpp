#include "broker/security/tls/tls_guard.h"

namespace fulmar {

Result<std::shared_ptr<const TlsGuard>> TlsGuard::make(const TlsSettings& settings, std::string_view mapping_rules,
                                                       Entropy& entropy) {
  FULMAR_TRY(auto mapping, PrincipalMapping::parse(mapping_rules));
  FULMAR_TRY(auto context, TlsContext::make(settings, TlsEnd::server, entropy));
  return std::shared_ptr<const TlsGuard>(new TlsGuard(std::move(context), std::move(mapping)));
}

Result<Principal> TlsGuard::principal_of(const TlsConnection& connection) const {
  auto name = connection.peer_name();
  if (!name) return Principal{};
  FULMAR_TRY(auto user, mapping_.user_of(*name));
  return Principal{.name = std::move(user)};
}

}  // namespace fulmar
