// Who decides about the cluster's metadata: pure, from what the metadata says (KIP-853).
//
// The brokers that controller.quorum.voters names do, as soon as they are there, and those that were added; not those
// that were removed, or that leave the cluster.
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

// The group of the metadata, as its leader has it.
struct MetadataVoters {
  std::vector<ReplicaId> target;    // as it is to be, once what was begun is done
  std::vector<ReplicaId> in_force;  // of both sets, while it changes
};

MetadataVoters metadata_voters(const MetadataLog& metadata);

// The voters as they should be, ascending, on the directories that their brokers have now. One that is on its way in
// and is gone again is waited for no longer. `configured`: whom controller.quorum.voters names.
std::vector<ReplicaId> wanted_voters(const MetadataImage& image, const MetadataVoters& now,
                                     const std::set<std::int32_t>& configured);

struct VoterRefusal {
  ErrorCode error = ErrorCode::none;  // none: it may be done
  std::string message;                // for people
};
// Whether the broker may be added: DUPLICATE_VOTER, BROKER_ID_NOT_REGISTERED; INVALID_VOTER_KEY: its directory is
// another; INVALID_REQUEST: there are as many as there may be; REQUEST_TIMED_OUT: it is not alive.
VoterRefusal may_add_voter(const MetadataImage& image, const MetadataVoters& now, const ReplicaId& voter);
// Whether it may be removed: VOTER_NOT_FOUND; INVALID_REQUEST: it is the only one.
VoterRefusal may_remove_voter(const MetadataVoters& now, const ReplicaId& voter);

}  // namespace fulmar
