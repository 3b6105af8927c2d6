// The secret that the brokers of a cluster share (cluster.secret.file), and how each end of a connection proves to the
// other that it knows it, without sending it: by an HMAC-SHA-256 (RFC 2104, FIPS 180-4) over both ends' nonces and ids.
//
// Guarantees: a broker accepts nothing on its INTERNAL listener from a peer that does not know the secret, and does not
// take such a peer for a broker; a recorded greeting cannot be replayed. Not guaranteed: messages after the greeting
// are neither encrypted nor authenticated, so whoever can change packets on the way can read and forge them.
#pragma once

#include <string>
#include <string_view>

#include "broker/protocol/uuid.h"
#include "broker/raft/configuration.h"

namespace fulmar {

struct Challenge {
  Uuid client_nonce;  // of the end that connected
  Uuid server_nonce;
  ReplicaId client;
  ReplicaId server;
};

enum class End : unsigned char { client, server };

// That end's proof that it knows the secret: 32 bytes; empty if there is no secret.
std::string proof_of(std::string_view secret, End end, const Challenge& challenge);
// Whether `proof` is valid. Takes the same time wherever it differs.
bool proves(std::string_view secret, End end, const Challenge& challenge, std::string_view proof);

}  // namespace fulmar
