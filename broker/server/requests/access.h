// Access: what the client of a request may do, by the access control lists of this shard's image. One for each request.
//
// A refusal is counted, and logged at a limited rate: the operator's record of who was denied what.
#pragma once

#include <string_view>

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/api_key.h"
#include "broker/security/authorizer.h"

namespace fulmar {

class BrokerShard;
class Request;
struct Session;

class Access {
 public:
  // On that shard, where it is used alone, except for what is const. Both must outlive it.
  Access(BrokerShard& shard, const Session& session, ApiKey api);
  Access(BrokerShard& shard, const Request& call);

  // Whether the client may do this; if not, that is a refusal.
  bool may(AclOperation operation, AclResourceType type, std::string_view name);
  bool may_on_cluster(AclOperation operation) { return may(operation, AclResourceType::cluster, acl_cluster_name); }
  bool may_on_topic(AclOperation operation, std::string_view name) {
    return may(operation, AclResourceType::topic, name);
  }
  bool may_on_group(AclOperation operation, std::string_view id) { return may(operation, AclResourceType::group, id); }
  bool may_on_transaction(AclOperation operation, std::string_view id) {
    return may(operation, AclResourceType::transactional_id, id);
  }
  // The same for what is left out of a list if it may not be seen: that is no refusal.
  bool sees(AclOperation operation, AclResourceType type, std::string_view name) const {
    return authorizer_.allows(operation, type, name);
  }
  // Whether there can be a topic to which the client may write (KIP-679); if not, no refusal.
  bool may_write_to_some_topic() const {
    return authorizer_.allows_on_some(AclOperation::write, AclResourceType::topic);
  }
  // Of the operations on the cluster those, as bits, that it may do; none if it may not describe the cluster.
  std::int32_t cluster_bits_if_described(std::int32_t operations) const;
  // Those of the operations, as bits, that it may do (KIP-430).
  std::int32_t allowed_bits(std::int32_t operations, AclResourceType type, std::string_view name) const {
    return authorizer_.allowed_bits(operations, type, name);
  }

 private:
  void refused(AclOperation operation, AclResourceType type, std::string_view name);

  BrokerShard& shard_;
  const Session& session_;
  const ApiKey api_;
  const MetadataImagePtr image_;
  const Authorizer authorizer_;
  bool refused_ = false;
};

}  // namespace fulmar
