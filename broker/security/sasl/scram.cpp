#include "broker/security/sasl/scram.h"

#include "broker/security/sasl/digest.h"
#include "runtime/base/assert.h"
#include "runtime/base/base64.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::string_view gs2_header = "n,,";  // no channel binding, no authorization identity

std::string exclusive_or(std::string_view a, std::string_view b) {
  FULMAR_ASSERT(a.size() == b.size());
  std::string result(a);
  for (std::size_t i = 0; i < b.size(); ++i) result[i] = static_cast<char>(result[i] ^ b[i]);
  return result;
}

std::string auth_message(std::string_view client_first_bare, std::string_view server_first,
                         std::string_view client_final_without_proof) {
  std::string message(client_first_bare);
  message.append(",").append(server_first).append(",").append(client_final_without_proof);
  return message;
}

std::unexpected<SaslFailure> invalid(std::string reason, const std::string& user = {}) {
  return std::unexpected(SaslFailure{{}, std::move(reason), user});
}

}  // namespace

std::string sasl_nonce(Entropy& entropy) {
  std::string bytes;
  for (int word = 0; word < 3; ++word) {
    auto drawn = entropy.next();
    for (int byte = 0; byte < 8; ++byte) bytes += static_cast<char>(drawn >> (8 * byte) & 0xff);
  }
  return to_base64(bytes);
}

ScramServer::ScramServer(ScramMechanism mechanism, ScramLookup lookup, std::string nonce)
    : mechanism_(mechanism), lookup_(std::move(lookup)), nonce_(std::move(nonce)) {}

Result<std::string, SaslFailure> ScramServer::answer(std::string_view message) {
  FULMAR_ASSERT(!identity_);
  return server_first_.empty() ? answer_first(message) : answer_final(message);
}

Result<std::string, SaslFailure> ScramServer::answer_first(std::string_view message) {
  auto first = read_client_first(message);
  if (!first) return invalid(first.error().detail);
  // Before it is looked whether the user exists, so that the answer does not tell.
  if (!first->authorization.empty() && first->authorization != first->user) {
    std::string different =
        "Authentication failed: Client requested an authorization id that is different from username";
    return std::unexpected(SaslFailure{different, different, first->user});
  }
  client_first_ = std::move(*first);
  found_ = lookup_(client_first_.user);
  server_first_ = write_server_first({.nonce = client_first_.nonce + nonce_,
                                      .salt = found_.credential.salt,
                                      .iterations = found_.credential.iterations});
  return server_first_;
}

Result<std::string, SaslFailure> ScramServer::answer_final(std::string_view message) {
  auto final = read_client_final(message);
  if (!final) return invalid(final.error().detail, client_first_.user);
  if (final->channel_binding != client_first_.gs2_header)
    return invalid("another channel binding than at first", client_first_.user);
  if (!repeats_nonce(final->nonce)) return invalid("another nonce than the server's", client_first_.user);
  auto digest = digest_of(mechanism_);
  if (final->proof.size() != digest_bytes(digest)) return invalid("a proof of a wrong size", client_first_.user);
  const auto& credential = found_.credential;
  auto message_of_both = auth_message(client_first_.bare, server_first_, final->without_proof);
  auto client_key = exclusive_or(final->proof, hmac_of(digest, credential.stored_key, message_of_both));
  bool proved = equal_in_constant_time(hash_of(digest, client_key), credential.stored_key);
  auto signature = hmac_of(digest, credential.server_key, message_of_both);
  if (!proved || !found_.known) return invalid("invalid user name or password", client_first_.user);
  identity_ = SaslIdentity{.name = client_first_.user, .valid_until = {}};
  return "v=" + to_base64(signature);
}

// librdkafka before 2.2 writes its own nonce once more before the one that the server sent, which has it already.
// Nothing is lost by that: the whole of the server's nonce is there, and the proof is about both messages as they were
// sent.
bool ScramServer::repeats_nonce(std::string_view nonce) const {
  const auto both = client_first_.nonce + nonce_;
  return nonce == both || nonce == client_first_.nonce + both;
}

ScramClient::ScramClient(ScramMechanism mechanism, std::string user, std::string password, std::string nonce,
                         SaltedPasswords* salted)
    : mechanism_(mechanism),
      user_(std::move(user)),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      salted_(salted) {}

Result<std::string> ScramClient::respond(std::string_view answer) {
  switch (turn_) {
    case Turn::first: turn_ = Turn::final; return std::string(gs2_header) + write_client_first_bare(user_, nonce_);
    case Turn::final: turn_ = Turn::verify; return prove(answer);
    case Turn::verify: {
      FULMAR_TRY(auto signature, read_server_final(answer));
      if (!equal_in_constant_time(signature, server_signature_))
        return fail(Errc::invalid_argument, "the server does not know the credential that it asks for");
      turn_ = Turn::complete;
      return std::string();
    }
    case Turn::complete: break;
  }
  FULMAR_UNREACHABLE();
}

Result<std::string> ScramClient::prove(std::string_view server_first) {
  FULMAR_TRY(auto first, read_server_first(server_first));
  if (first.nonce.size() <= nonce_.size() || !first.nonce.starts_with(nonce_))
    return fail(Errc::invalid_argument, "the server has not added to the client's nonce");
  if (first.iterations < scram_iterations_min || first.iterations > iterations_max)
    return fail(Errc::invalid_argument, "the server asks for " + std::to_string(first.iterations) +
                                            " iterations, not " + std::to_string(scram_iterations_min) + " to " +
                                            std::to_string(iterations_max));
  auto digest = digest_of(mechanism_);
  auto salted = salted_ != nullptr ? salted_->of(mechanism_, password_, first.salt, first.iterations)
                                   : salted_password(mechanism_, password_, first.salt, first.iterations);
  auto client_key = hmac_of(digest, salted, "Client Key");
  auto without_proof = write_client_final_without_proof(gs2_header, first.nonce);
  auto message = auth_message(write_client_first_bare(user_, nonce_), server_first, without_proof);
  auto proof = exclusive_or(client_key, hmac_of(digest, hash_of(digest, client_key), message));
  server_signature_ = hmac_of(digest, hmac_of(digest, salted, "Server Key"), message);
  return without_proof + ",p=" + to_base64(proof);
}

}  // namespace fulmar
