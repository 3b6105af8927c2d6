// The voters that the metadata group should have: a pure function of the metadata (KIP-853).
//
// They are the brokers that controller.quorum.voters names, as soon as they are registered, and those that were added;
// without those that were removed or are being decommissioned.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/cluster/metadata_log.h"
#include "broker/protocol/error_code.h"
#include "broker/raft/configuration.h"
#include "broker/server/config/broker_config.h"

namespace fulmar {

// The metadata group's voters, as its leader knows them.
struct MetadataVoters {
  std::vector<ReplicaId> target;    // after the change under way
  std::vector<ReplicaId> in_force;  // of both sets, during a change
};

// As the metadata's replica here knows them; right only on the leader.
MetadataVoters metadata_voters(const MetadataLog& metadata);

// The voters that there should be, ascending, on the present directories of their brokers. A new voter that has
// disappeared again is not waited for. `configured`: the brokers in controller.quorum.voters.
std::vector<ReplicaId> wanted_voters(const MetadataImage& image, const MetadataVoters& now,
                                     const std::set<std::int32_t>& configured);

struct VoterRefusal {
  ErrorCode error = ErrorCode::none;  // none: it is allowed
  std::string message;                // for people
};
// Whether the broker may be added: DUPLICATE_VOTER, BROKER_ID_NOT_REGISTERED; INVALID_VOTER_KEY: it has another
// directory; INVALID_REQUEST: the maximum is reached; REQUEST_TIMED_OUT: it is not alive.
VoterRefusal may_add_voter(const MetadataImage& image, const MetadataVoters& now, const ReplicaId& voter);
// Whether it may be removed: VOTER_NOT_FOUND; INVALID_REQUEST: it is the only one.
VoterRefusal may_remove_voter(const MetadataVoters& now, const ReplicaId& voter);

}  // namespace fulmar
