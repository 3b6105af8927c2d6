// CertificateWatch: the certificates of a broker's listeners, and those that they trust, as the files have them now.
//
// It looks at the files every few seconds. New contents are taken once two looks have found the same ones, so that a
// file that is still being written is left alone: connections that begin from then on have the new certificates, and
// those that there are stay as they are. What can't be used (a half of a file, a key of another certificate, no file)
// changes nothing: the listener goes on with what it has. The files of a listener are taken together or not at all.
//
// It also says in the log, once a day, which certificates are about to expire, by the wall clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/security/tls/tls_context.h"
#include "broker/server/config/listener_tls.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

// The content of a file, for who asks in a fiber of a process; may wait. Errors: for people, with its name.
using StoreReader = Result<std::string> (*)(Host& host, const std::string& path);

// On shard 0.
class CertificateWatch {
 public:
  static constexpr Duration look_interval = seconds(5);
  static constexpr Timestamp expiry_told_ms = Timestamp{30} * 24 * 60 * 60 * 1000;  // before it
  static constexpr Duration expiry_told_interval = seconds(24 * 60 * 60);
  static constexpr Duration trouble_told_interval = seconds(60 * 60);  // as long as nothing changes about it

  // Serves a listener by these settings from now on, and returns its certificates; on an error, which says why they
  // can't be used, it goes on as before. In the watch's fiber; may wait.
  using Use = std::function<Result<std::shared_ptr<const TlsContext>>(const TlsSettings&)>;

  // `read`: null: from the host's disk.
  CertificateWatch(Host& host, StoreReader read, Logger log);

  // Calls `use` now, and whenever the files of `tls` have something else. Before start(). Errors: as `use` and of
  // reading, with the listener's name.
  Result<void> add(const std::string& listener, ListenerTls tls, Use use);
  // Watches until stop(); without a listener there is nothing to watch.
  void start();
  void stop();

  struct Expiry {
    std::string listener;
    Timestamp at_ms = 0;  // when the first of the listener's own certificates expires, by the wall clock
  };
  std::vector<Expiry> expiries() const;
  // How many looks have found contents, twice the same, that can't be used.
  std::int64_t looks_failed() const { return looks_failed_; }

 private:
  // What a look finds: contents, or why there are none.
  struct Found {
    TlsSettings settings;
    std::string unreadable;
    bool operator==(const Found&) const = default;
  };
  struct Watched {
    std::string listener;
    ListenerTls tls;  // with the contents in use
    Use use;
    std::shared_ptr<const TlsContext> certificates;  // in use
    std::optional<Found> last_look = {};             // nullopt: it found what is in use
    struct Trouble {
      Found found;
      std::string reason;
      std::optional<Instant> told = {};
    };
    std::optional<Trouble> trouble = {};      // of the contents that are there now
    std::optional<Instant> expiry_told = {};  // of the certificates in use
  };

  Result<void> read_files(ListenerTls& tls);
  void look(Watched& watched);
  void take(Watched& watched, const Found& found);
  void tell_of_trouble(Watched& watched);
  void tell_of_expiry(Watched& watched);

  Host& host_;
  const StoreReader read_;
  Logger log_;
  std::vector<Watched> watched_;
  std::int64_t looks_failed_ = 0;
  FiberGroup fibers_;
};

}  // namespace fulmar
