// AlterUserScramCredentials and DescribeUserScramCredentials (KIP-554).
#include "broker/protocol/messages/scram_credentials.h"

#include <map>
#include <set>

#include "broker/cluster/first_users.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/utf8.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using Alteration = AlterUserScramCredentialsRequest;
using Described = DescribeUserScramCredentialsResponse;

constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t secret_bytes_max = 1024;  // of a salt, or a salted password
constexpr Duration alteration_work = microseconds(10);
constexpr Duration description_work = microseconds(1);

struct Refusal {
  ErrorCode error = ErrorCode::none;
  std::string message;  // for people
};

std::optional<Refusal> refusal_of(const std::string& name, ScramMechanism mechanism) {
  if (name.empty()) return Refusal{ErrorCode::unacceptable_credential, "Username must not be empty"};
  if (name.size() > name_bytes_max || !is_utf8(name))
    return Refusal{ErrorCode::unacceptable_credential, "a user name is at most 1024 bytes of UTF-8"};
  if (mechanism != ScramMechanism::sha_256 && mechanism != ScramMechanism::sha_512)
    return Refusal{ErrorCode::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
  return std::nullopt;
}

std::optional<Refusal> refusal_of(const Alteration::Upsertion& wanted) {
  if (auto refusal = refusal_of(wanted.name, ScramMechanism(wanted.mechanism))) return refusal;
  if (wanted.iterations < scram_iterations_min)
    return Refusal{ErrorCode::unacceptable_credential, "Too few iterations"};
  if (wanted.iterations > scram_iterations_max)
    return Refusal{ErrorCode::unacceptable_credential, "Too many iterations"};
  for (const auto* secret : {&wanted.salt, &wanted.salted_password})
    if (secret->empty() || secret->size() > secret_bytes_max)
      return Refusal{ErrorCode::unacceptable_credential, "a salt or a salted password has 1 to 1024 bytes"};
  return std::nullopt;
}

std::optional<Refusal> refusal_of(const Alteration::Deletion& wanted, const ScramUsers& users) {
  auto mechanism = ScramMechanism(wanted.mechanism);
  if (auto refusal = refusal_of(wanted.name, mechanism)) return refusal;
  if (!users.find(wanted.name, mechanism))
    return Refusal{ErrorCode::resource_not_found, "Attempt to delete a user credential that does not exist"};
  return std::nullopt;
}

// What is wrong with what is wanted of each user; nothing is changed of a user of whom anything is.
std::map<std::string, Refusal> refusals_of(const Alteration& wanted, const MetadataImage& image) {
  std::map<std::string, Refusal> refused;
  std::set<std::pair<std::string_view, std::int8_t>> named;
  auto look_at = [&](const auto& one, std::optional<Refusal> refusal) {
    work_in_slices(description_work);
    if (!named.emplace(one.name, one.mechanism).second)
      refusal = Refusal{ErrorCode::duplicate_resource, "A user credential cannot be altered twice in the same request"};
    if (refusal) refused.try_emplace(one.name, std::move(*refusal));
  };
  for (const auto& deletion : wanted.deletions) look_at(deletion, refusal_of(deletion, image.scram_users));
  for (const auto& upsertion : wanted.upsertions) look_at(upsertion, refusal_of(upsertion));
  return refused;
}

// The credential of nobody's that unknown users are answered by, in the likeness of the first one of its mechanism.
void add_nobody(Draft& draft, ScramMechanism mechanism, const ScramCredential& first) {
  if (draft.image.scram_users.find(scram_nobody, mechanism)) return;
  auto nobody = nobodys_credential(first, draft.shard.host().entropy());
  draft.add(ScramCredentialRecord{std::string(scram_nobody), mechanism, std::move(nobody)});
}

// Returns what was refused of which user.
std::map<std::string, Refusal> alter(Draft& draft, const Alteration& wanted) {
  auto all_refused = [&](ErrorCode error, const std::string& message) {
    std::map<std::string, Refusal> refused;
    for (const auto& deletion : wanted.deletions) refused[deletion.name] = {error, message};
    for (const auto& upsertion : wanted.upsertions) refused[upsertion.name] = {error, message};
    return refused;
  };
  if (!draft.controls()) return all_refused(ErrorCode::not_controller, no_controller_message);
  if (level_of(draft.image.features, metadata_version) < metadata_with_security)
    return all_refused(ErrorCode::unsupported_version, "there are SCRAM credentials from metadata.version " +
                                                           std::to_string(metadata_with_security) +
                                                           " on: brokers of an earlier release could not read them");
  auto refused = refusals_of(wanted, draft.image);
  std::vector<std::tuple<std::string, ScramMechanism, const char*>> news;
  for (const auto& [name, number] : wanted.deletions) {
    if (refused.contains(name)) continue;
    work_in_slices(alteration_work);
    draft.add(ScramCredentialRecord{name, ScramMechanism(number), {}});
    news.emplace_back(name, ScramMechanism(number), "deleted");
  }
  for (const auto& upsertion : wanted.upsertions) {
    if (refused.contains(upsertion.name)) continue;
    work_in_slices(alteration_work);
    auto mechanism = ScramMechanism(upsertion.mechanism);
    auto credential = credential_of_salted(mechanism, upsertion.salted_password.view(),
                                           std::string(upsertion.salt.view()), upsertion.iterations);
    add_nobody(draft, mechanism, credential);
    draft.add(ScramCredentialRecord{upsertion.name, mechanism, std::move(credential)});
    news.emplace_back(upsertion.name, mechanism, "set");
  }
  auto error = draft.commit();
  if (error != ErrorCode::none) return all_refused(error, not_made_message(error));
  for (const auto& [user, mechanism, change] : news)
    draft.shard.log().info("SCRAM credential changed",
                           {{"user", user}, {"mechanism", std::string(to_string(mechanism))}, {"change", change}});
  return refused;
}

}  // namespace

Result<ByteChain> handle_alter_user_scram_credentials(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AlterUserScramCredentialsRequest>());
  auto refused = change_metadata(shard, [&](Draft& draft) { return alter(draft, request); });
  AlterUserScramCredentialsResponse response;
  std::set<std::string_view> answered;
  auto answer = [&](const std::string& user) {
    if (!answered.insert(user).second) return;
    auto& result = response.results.emplace_back();
    result.user = user;
    auto found = refused.find(user);
    if (found == refused.end()) return;
    result.error_code = found->second.error;
    result.error_message = found->second.message;
  };
  for (const auto& deletion : request.deletions) answer(deletion.name);
  for (const auto& upsertion : request.upsertions) answer(upsertion.name);
  return call.answer(response);
}

Result<ByteChain> handle_describe_user_scram_credentials(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeUserScramCredentialsRequest>());
  const auto image = shard.image();
  const auto& users = image->scram_users;
  std::map<std::string, int> asked;  // how often
  for (const auto& user : request.users.value_or(std::vector<DescribeUserScramCredentialsRequest::User>()))
    ++asked[user.name];
  if (asked.empty())
    users.for_each([&](const std::string& user, ScramMechanism, const ScramCredential&) {
      if (user != scram_nobody) asked[user] = 1;
    });
  DescribeUserScramCredentialsResponse response;
  for (const auto& [user, times] : asked) {
    work_in_slices(description_work);
    auto& result = response.results.emplace_back();
    result.user = user;
    const auto* credentials = users.of(user);
    if (times > 1) {
      result.error_code = ErrorCode::duplicate_resource;
      result.error_message = "Cannot describe SCRAM credentials for the same user twice in a single request: " + user;
    } else if (!credentials) {
      result.error_code = ErrorCode::resource_not_found;
      result.error_message = "Attempt to describe a user credential that does not exist: " + user;
    } else {
      for (const auto& [mechanism, credential] : *credentials)
        result.credential_infos.push_back({static_cast<std::int8_t>(mechanism), credential.iterations});
    }
  }
  return call.answer(response);
}

}  // namespace fulmar
