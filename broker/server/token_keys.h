// TokenKeys: the keys that tokens of OAUTHBEARER are checked with, as their source has them now: a file, or a server of
// who issues the tokens.
//
// They are fetched at intervals, and soon if a token names a key that nobody knows, but only once in a while for one
// key, and never more often than every few seconds. What can't be used (no answer, a malformed or too large one, no key
// of use) changes nothing: the keys that were fetched last stay in use, and the next try comes after a pause that
// grows. What the server says is bounded in size and time; redirects are not followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/security/sasl/json_web_keys.h"
#include "broker/security/sasl/unknown_key_ids.h"
#include "broker/server/certificate_watch.h"
#include "broker/server/config/token_key_source.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"
#include "runtime/host/network.h"

namespace fulmar {

// On shard 0.
class TokenKeys {
 public:
  static constexpr Duration file_look_interval = seconds(5);  // if the keys are not to be refreshed more often
  static constexpr Duration early_interval_min =
      seconds(10);  // between one try and another that a token is the reason of
  static constexpr Duration fetch_max = seconds(20);
  static constexpr std::size_t head_bytes_max = 16 * 1024;             // of an answer
  static constexpr Duration trouble_told_interval = seconds(60 * 60);  // as long as it lasts

  // Checks tokens with these keys from now on. In a fiber of this; may wait.
  using Use = std::function<void(const std::shared_ptr<const JsonWebKeys>&)>;

  // `read`: null: from the host's disk.
  TokenKeys(Host& host, StoreReader read, Logger log);

  // The source; of a file, takes the keys at once. Before start(). Errors: for people: the file can't be read, or has
  // no keys.
  Result<void> begin(TokenKeySource source);
  // Fetches keys until stop(); without a source there is nothing to fetch.
  void start(Use use);
  // Waits until a first try to have keys has ended, well or not. A cancellation point.
  void await_first_try(Deadline deadline);
  void stop();

  // Tokens were said to be signed by these keys, which are not known. Never waits.
  void ask_for(const std::vector<std::string>& key_ids);

  std::size_t in_use() const { return keys_ ? keys_->size() : 0; }
  std::int64_t tries_failed() const { return tries_failed_; }

 private:
  Duration interval() const;
  void run();
  void await_next_try(Instant next);
  Result<std::string> fetch();
  Result<std::string> fetch_over_http();
  Result<std::unique_ptr<Connection>> connect(Deadline deadline);
  Result<void> take(std::string text);
  void tell_of_trouble(const Error& why);

  Host& host_;
  const StoreReader read_;
  Logger log_;
  std::optional<TokenKeySource> source_;
  Use use_;
  std::string text_;                         // that the keys in use were made from
  std::shared_ptr<const JsonWebKeys> keys_;  // in use; null: there were none yet
  UnknownKeyIds unknown_;
  bool asked_ = false;  // for a try before the next one is due
  Instant tried_at_;    // when the last try began
  Event tried_;
  Condition asked_for_;
  std::optional<Instant> told_;  // of the trouble that there is
  std::int64_t tries_failed_ = 0;
  FiberGroup fibers_;
};

}  // namespace fulmar
