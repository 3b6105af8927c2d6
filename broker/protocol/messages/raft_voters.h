// AddRaftVoter, RemoveRaftVoter: changes the controllers (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct AddRaftVoterRequest {
  static constexpr ApiKey key = ApiKey::add_raft_voter;

  struct Listener {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
  };

  std::optional<std::string> cluster_id;
  std::int32_t timeout_ms = 0;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id;
  std::vector<Listener> listeners;
  bool ack_when_committed = true;  // false: the response need not wait for the new voters
};

struct AddRaftVoterResponse {
  static constexpr ApiKey key = ApiKey::add_raft_voter;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
};

struct RemoveRaftVoterRequest {
  static constexpr ApiKey key = ApiKey::remove_raft_voter;

  std::optional<std::string> cluster_id;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id;
};

struct RemoveRaftVoterResponse {
  static constexpr ApiKey key = ApiKey::remove_raft_voter;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
};

}  // namespace fulmar
