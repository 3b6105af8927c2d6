// The secret that the brokers of a cluster share (cluster.secret.file), and how each end of a connection proves to the
// other that it knows it, without telling: by an HMAC-SHA-256 (RFC 2104, FIPS 180-4) of both ends' nonces and of who
// they are.
//
// What that guards: nobody without the secret is listened to on the INTERNAL listener, and none of its brokers takes
// anybody without it for a peer; a recorded greeting is of no use later. What it does not: what is said afterwards is
// neither encrypted nor authenticated, so that who can change packets on the way can read and forge it.
#pragma once

#include <string>
#include <string_view>

#include "broker/protocol/uuid.h"
#include "broker/raft/configuration.h"

namespace fulmar {

struct Challenge {
  Uuid client_nonce;  // of who has connected
  Uuid server_nonce;
  ReplicaId client;
  ReplicaId server;
};

enum class End : unsigned char { client, server };

// What that end of the connection says to prove that it knows the secret: 32 bytes; empty if there is no secret.
std::string proof_of(std::string_view secret, End end, const Challenge& challenge);
// Whether it is that. Takes as long, wherever the two differ.
bool proves(std::string_view secret, End end, const Challenge& challenge, std::string_view proof);

}  // namespace fulmar
