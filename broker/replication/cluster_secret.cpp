#include "broker/replication/cluster_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "broker/protocol/writer.h"
#include "runtime/base/assert.h"

namespace fulmar {

std::string proof_of(std::string_view secret, End end, const Challenge& challenge) {
  if (secret.empty()) return {};
  Writer out;
  // The end is included so that one end's proof is not valid for the other.
  out.int8(static_cast<std::int8_t>(end));
  out.uuid(challenge.client_nonce);
  out.uuid(challenge.server_nonce);
  for (const auto& id : {challenge.client, challenge.server}) {
    out.int32(id.broker);
    out.uuid(id.directory);
  }
  auto message = std::move(out).finish().flatten();
  std::string proof(static_cast<std::size_t>(EVP_MD_get_size(EVP_sha256())), '\0');
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                          reinterpret_cast<const unsigned char*>(message.view().data()), message.size(),
                          reinterpret_cast<unsigned char*>(proof.data()), &size);
  FULMAR_ASSERT(done != nullptr && size == proof.size());
  return proof;
}

bool proves(std::string_view secret, End end, const Challenge& challenge, std::string_view proof) {
  auto right = proof_of(secret, end, challenge);
  return right.size() == proof.size() && CRYPTO_memcmp(right.data(), proof.data(), right.size()) == 0;
}

}  // namespace fulmar
