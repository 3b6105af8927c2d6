#include "broker/server/requests/access.h"

#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

Authorizer authorizer_of(const BrokerShard& shard, const Session& session, const MetadataImage& image) {
  const auto& settings = shard.config().authorizer;
  if (session.of_broker || !settings.enabled) return Authorizer::of_broker();
  return Authorizer(settings, image.acls, session.principal, session.peer.host);
}

}  // namespace

Access::Access(BrokerShard& shard, const Session& session, ApiKey api)
    : shard_(shard),
      session_(session),
      api_(api),
      image_(shard.image()),
      authorizer_(authorizer_of(shard, session, *image_)) {}

Access::Access(BrokerShard& shard, const Request& call)
    : Access(shard, call.session(), static_cast<ApiKey>(call.header().api_key)) {}

bool Access::may(AclOperation operation, AclResourceType type, std::string_view name) {
  if (authorizer_.allows(operation, type, name)) return true;
  refused(operation, type, name);
  return false;
}

std::int32_t Access::cluster_bits_if_described(std::int32_t operations) const {
  if (!sees(AclOperation::describe, AclResourceType::cluster, acl_cluster_name)) return 0;
  return allowed_bits(operations, AclResourceType::cluster, acl_cluster_name);
}

void Access::refused(AclOperation operation, AclResourceType type, std::string_view name) {
  if (std::exchange(refused_, true)) return;
  ++shard_.counts().requests_denied;
  shard_.strangers_log().warn("access denied", {{"principal", to_string(session_.principal)},
                                                {"peer", session_.peer.host},
                                                {"request", api_info(api_).name},
                                                {"operation", std::string(to_string(operation))},
                                                {"resource", std::string(to_string(type))},
                                                {"name", std::string(name)}});
}

}  // namespace fulmar
