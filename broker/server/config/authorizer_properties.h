// The properties of the authorizer, which Kafka's StandardAuthorizer has: authorizer.class.name, super.users,
// allow.everyone.if.no.acl.found.
#pragma once

#include <string_view>

#include "broker/cluster/properties.h"
#include "broker/security/authorizer.h"

namespace fulmar {

inline constexpr std::string_view standard_authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

// `properties`: checked ones, as BrokerConfig has them. Errors: invalid_argument, with the property's name.
Result<AuthorizerSettings> authorizer_settings(const Properties& properties);

}  // namespace fulmar
