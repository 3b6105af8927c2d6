#include "broker/server/certificate_watch.h"

#include <algorithm>

#include "broker/security/tls/certificate_names.h"
#include "broker/security/tls/tls_properties.h"
#include "runtime/host/clock.h"
#include "runtime/host/disk.h"

namespace fulmar {

namespace {

constexpr Timestamp day_ms = 24 * 60 * 60 * 1000;

Result<std::string> read_of_disk(Host& host, const std::string& path) {
  FULMAR_TRY(auto content, read_file(host.disk(), path, TlsProperties::store_bytes_max));
  return std::string(content.view());
}

}  // namespace

CertificateWatch::CertificateWatch(Host& host, StoreReader read, Logger log)
    : host_(host), read_(read ? read : read_of_disk), log_(std::move(log)) {}

Result<void> CertificateWatch::add(const std::string& listener, ListenerTls tls, Use use) {
  auto refused = [&](const Error& why) { return fail(why.code, "listener " + listener + ": " + why.detail); };
  if (auto read = read_files(tls); !read) return refused(read.error());
  auto used = use(tls.settings);
  if (!used) return refused(used.error());
  watched_.push_back({listener, std::move(tls), std::move(use), std::move(*used)});
  tell_of_expiry(watched_.back());
  return {};
}

Result<void> CertificateWatch::read_files(ListenerTls& tls) {
  return tls.read_files([this](const std::string& path) { return read_(host_, path); });
}

void CertificateWatch::start() {
  if (watched_.empty()) return;
  fibers_.spawn("watch certificates", [this] {
    for (;;) {
      host_.clock().sleep_for(look_interval);
      for (auto& watched : watched_) {
        look(watched);
        tell_of_expiry(watched);
      }
    }
  });
}

void CertificateWatch::stop() {
  fibers_.cancel();
  fibers_.join();
}

std::vector<CertificateWatch::Expiry> CertificateWatch::expiries() const {
  std::vector<Expiry> expiries;
  for (const auto& watched : watched_)
    if (auto at = watched.certificates->expires_ms()) expiries.push_back({watched.listener, *at});
  return expiries;
}

void CertificateWatch::look(Watched& watched) {
  auto tls = watched.tls;
  auto read = read_files(tls);
  Found found{read ? std::move(tls.settings) : TlsSettings{}, read ? "" : read.error().detail};
  if (read && found.settings == watched.tls.settings) {
    watched.last_look.reset();
    watched.trouble.reset();
    return;
  }
  if (watched.last_look != found) {
    watched.last_look = std::move(found);
    return;
  }
  if (!watched.trouble || watched.trouble->found != found) take(watched, found);
  if (watched.trouble) tell_of_trouble(watched);
}

void CertificateWatch::take(Watched& watched, const Found& found) {
  auto used = found.unreadable.empty()
                  ? watched.use(found.settings)
                  : Result<std::shared_ptr<const TlsContext>>(fail(Errc::not_found, found.unreadable));
  if (!used) {
    watched.trouble = {found, used.error().detail};
    return;
  }
  const auto before = certificate_names(*watched.certificates);
  const auto now = certificate_names(**used);
  auto gone = std::ranges::find_if(before, [&](const auto& name) { return std::ranges::find(now, name) == now.end(); });
  log_.info("new certificates are used",
            {{"listener", watched.listener}, {"name", now.empty() ? std::string() : now.front()}});
  if (gone != before.end())
    log_.warn("a new certificate lacks a name of the one before", {{"listener", watched.listener}, {"name", *gone}});
  watched.tls.settings = found.settings;
  watched.certificates = std::move(*used);
  watched.last_look.reset();
  watched.trouble.reset();
  watched.expiry_told.reset();
}

void CertificateWatch::tell_of_trouble(Watched& watched) {
  ++looks_failed_;
  auto& trouble = *watched.trouble;
  auto now = host_.clock().now();
  if (trouble.told && now - *trouble.told < trouble_told_interval) return;
  trouble.told = now;
  log_.error("new certificates can't be used, and those of before are kept",
             {{"listener", watched.listener}, {"reason", trouble.reason}});
}

void CertificateWatch::tell_of_expiry(Watched& watched) {
  auto expires = watched.certificates->expires_ms();
  if (!expires) return;
  auto left = *expires - host_.clock().wall_ms();
  if (left >= expiry_told_ms) return;
  auto now = host_.clock().now();
  if (watched.expiry_told && now - *watched.expiry_told < expiry_told_interval) return;
  watched.expiry_told = now;
  log_.warn(left > 0 ? "a certificate expires soon" : "a certificate has expired",
            {{"listener", watched.listener}, {"days", left / day_ms}});
}

}  // namespace fulmar
