#include "broker/server/token_keys.h"

#include <algorithm>

#include "broker/security/tls/tls_connection.h"
#include "runtime/host/clock.h"
#include "runtime/host/disk.h"
#include "runtime/http/client.h"

namespace fulmar {

namespace {

constexpr std::string_view accepted_types = "application/jwk-set+json, application/json;q=0.9, */*;q=0.1";
constexpr int ok = 200;

// A disk's paths are below its root.
Result<std::string> read_of_disk(Host& host, const std::string& path) {
  auto inside = std::string_view(path).substr(std::min(path.find_first_not_of('/'), path.size()));
  FULMAR_TRY(auto content, read_file(host.disk(), inside, JsonWebKeys::text_bytes_max));
  return std::string(content.view());
}

Result<std::string> keys_in(HttpAnswer answer) {
  if (answer.status >= 300 && answer.status < 400)
    return fail(Errc::unsupported,
                "it redirects (status " + std::to_string(answer.status) + "), which is not followed");
  if (answer.status != ok) return fail(Errc::unsupported, "it answers with status " + std::to_string(answer.status));
  if (auto coding = answer.header("content-encoding"); !coding.empty() && coding != "identity")
    return fail(Errc::unsupported, "its answer is compressed, which nobody has asked for");
  return std::move(answer.body);
}

}  // namespace

TokenKeys::TokenKeys(Host& host, StoreReader read, Logger log)
    : host_(host), read_(read ? read : read_of_disk), log_(std::move(log)) {}

Result<void> TokenKeys::begin(TokenKeySource source) {
  source_ = std::move(source);
  if (source_->file.empty()) {
    if (!source_->url.secure) log_.warn("keys for tokens are fetched without TLS", {{"from", to_string(*source_)}});
    return {};
  }
  auto taken = fetch();
  auto used = taken ? take(std::move(*taken)) : Result<void>(std::unexpected(taken.error()));
  if (!used) return fail(used.error().code, "the keys for tokens in " + source_->file + ": " + used.error().detail);
  return {};
}

void TokenKeys::start(Use use) {
  if (!source_) return;
  use_ = std::move(use);
  fibers_.spawn("fetch keys for tokens", [this] { run(); });
}

void TokenKeys::await_first_try(Deadline deadline) {
  if (source_) tried_.wait(deadline);
}

void TokenKeys::stop() {
  fibers_.cancel();
  fibers_.join();
}

void TokenKeys::ask_for(const std::vector<std::string>& key_ids) {
  for (const auto& id : key_ids)
    if ((!keys_ || !keys_->knows(id)) && unknown_.note(id, host_.clock().now())) asked_ = true;
  if (asked_) asked_for_.notify_all();
}

Duration TokenKeys::interval() const {
  return source_->file.empty() ? source_->refresh : std::min(source_->refresh, file_look_interval);
}

void TokenKeys::run() {
  const auto now = [this] { return host_.clock().now(); };
  auto pause = source_->retry_backoff;
  auto next = now();
  if (keys_) {
    use_(keys_);
    tried_.set();
    next = now() + interval();
  }
  for (;;) {
    await_next_try(next);
    asked_ = false;
    tried_at_ = now();
    auto fetched = fetch();
    auto taken = fetched ? take(std::move(*fetched)) : Result<void>(std::unexpected(fetched.error()));
    tried_.set();
    if (taken) {
      if (told_) log_.info("keys for tokens can be had again", {{"from", to_string(*source_)}});
      told_.reset();
      pause = source_->retry_backoff;
      next = now() + interval();
    } else {
      tell_of_trouble(taken.error());
      next = now() + std::min(pause, interval());
      pause += std::min(pause, source_->retry_backoff_max - pause);
    }
  }
}

void TokenKeys::await_next_try(Instant next) {
  if (asked_for_.wait([this] { return asked_; }, Deadline{next}) == WaitResult::timed_out) return;
  host_.clock().sleep_until(std::min(next, tried_at_ + early_interval_min));
}

Result<std::string> TokenKeys::fetch() {
  return source_->file.empty() ? fetch_over_http() : read_(host_, source_->file);
}

Result<std::string> TokenKeys::fetch_over_http() {
  auto deadline = host_.clock().deadline_in(fetch_max);
  FULMAR_TRY(auto connection, connect(deadline));
  FULMAR_TRY(auto answer,
             http_get(*connection, source_->url, accepted_types,
                      {.head_bytes_max = head_bytes_max, .body_bytes_max = JsonWebKeys::text_bytes_max}, deadline));
  connection->shutdown_write();  // else it would look cut
  return keys_in(std::move(answer));
}

// Whom to trust is read again each time, so that renewed files count.
Result<std::unique_ptr<Connection>> TokenKeys::connect(Deadline deadline) {
  const auto& url = source_->url;
  FULMAR_TRY(auto connection, connect_by_name(host_.network(), {url.host, url.port}, deadline));
  if (!url.secure) return connection;
  auto tls = source_->tls;
  FULMAR_TRY_VOID(tls.read_files([this](const std::string& path) { return read_(host_, path); }));
  FULMAR_TRY(auto context, TlsContext::make(tls.settings, TlsEnd::client, host_.entropy()));
  auto secured = std::make_unique<TlsConnection>(host_, std::move(context), std::move(connection), url.host);
  FULMAR_TRY_VOID(secured->handshake(deadline));
  return secured;
}

Result<void> TokenKeys::take(std::string text) {
  if (keys_ && text == text_) return {};
  FULMAR_TRY(auto keys, JsonWebKeys::parse(text));
  log_.info("new keys for tokens are used", {{"from", to_string(*source_)}, {"keys", keys.size()}});
  text_ = std::move(text);
  keys_ = std::make_shared<const JsonWebKeys>(std::move(keys));
  if (use_) use_(keys_);
  return {};
}

void TokenKeys::tell_of_trouble(const Error& why) {
  ++tries_failed_;
  auto now = host_.clock().now();
  if (told_ && now - *told_ < trouble_told_interval) return;
  told_ = now;
  log_.error(keys_ ? "keys for tokens can't be had, and those of before are kept"
                   : "keys for tokens can't be had, and no token is accepted until they are",
             {{"from", to_string(*source_)}, {"reason", to_string(why)}});
}

}  // namespace fulmar
