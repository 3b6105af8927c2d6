// FirstUsers: the users whose SCRAM credentials a new cluster begins with, so that its first client can authenticate
// (cluster.first.users.file).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/metadata_records.h"

namespace fulmar {

class Entropy;

struct FirstUser {
  std::string name;
  ScramMechanism mechanism = ScramMechanism::unknown;
  std::string password;
  std::int32_t iterations = scram_iterations_min;

  bool operator==(const FirstUser&) const = default;
};

// One user a line, as Kafka's `kafka-storage format --add-scram` has them; "#" begins a comment line:
//   SCRAM-SHA-256=[name=alice,password=secret,iterations=8192]
// Values with commas or brackets are in double quotes. Errors: invalid_argument, with the line's number; nothing of the
// line is quoted.
Result<std::vector<FirstUser>> parse_first_users(std::string_view text);

// With salts of their own. A cancellation point.
std::vector<MetadataRecord> credentials_of(const std::vector<FirstUser>& users, Entropy& entropy);

// A credential of nobody's (see ScramUsers) in the likeness of the first one of its mechanism.
ScramCredential nobodys_credential(const ScramCredential& first, Entropy& entropy);

}  // namespace fulmar
