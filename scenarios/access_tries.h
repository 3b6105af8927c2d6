// Requests with which a client tries what it may do with a group or a transactional id. None has an effect that lasts,
// except that some offset is committed or deleted, and that a producer takes over the transactional id.
#pragma once

#include <optional>
#include <string>

#include "broker/client/connection.h"
#include "broker/protocol/error_code.h"
#include "runtime/host/entropy.h"

namespace fulmar {

// One request, chosen at random, to any broker: authority comes before everything else. Its error, also if that says
// that the broker is not the coordinator; nullopt: there was no answer. `topic` exists.
std::optional<ErrorCode> try_group(ClientConnection& connection, const std::string& group, const std::string& topic,
                                   Random& random, Deadline deadline);
std::optional<ErrorCode> try_transactional_id(ClientConnection& connection, const std::string& id,
                                              const std::string& topic, Random& random, Deadline deadline);

}  // namespace fulmar
