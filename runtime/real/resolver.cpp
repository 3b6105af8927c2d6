#include "runtime/real/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <mutex>
#include <system_error>
#include <thread>

#include "runtime/fiber/event.h"

namespace fulmar {

namespace {

// The result of getaddrinfo() for a name.
struct Finding {
  int status = 0;
  std::vector<std::string> addresses;
};

Finding ask_system(const std::string& name) {
  Finding finding;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  finding.status = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (finding.status != 0) return finding;
  for (auto* entry = list; entry; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      finding.addresses.emplace_back(text);
  }
  freeaddrinfo(list);
  return finding;
}

}  // namespace

// Shared by the waiting fiber and the thread; the last user destroys it.
struct Resolver::Lookup {
  std::mutex mutex;
  Reactor* reactor;  // null once no fiber waits: the reactor may be gone
  Finding finding;
  Event done;  // on the fiber's shard

  explicit Lookup(Reactor& of) : reactor(&of) {}
};

Result<std::vector<std::string>> Resolver::look_up(const std::string& name, Deadline deadline) {
  if (*under_way_ >= lookups_max)
    return fail(Errc::unreachable, name + ": " + std::to_string(lookups_max) + " lookups of names are under way");
  auto lookup = std::make_shared<Lookup>(reactor_);
  ++*under_way_;
  try {
    std::thread([lookup, name, under_way = under_way_] {
      auto finding = ask_system(name);
      --*under_way;
      std::lock_guard lock(lookup->mutex);
      if (!lookup->reactor) return;
      lookup->finding = std::move(finding);
      lookup->reactor->send([lookup] { lookup->done.set(); });
    }).detach();
  } catch (const std::system_error& error) {
    --*under_way_;
    return fail(Errc::unreachable, name + ": no thread for the lookup: " + error.what());
  }
  // Runs also if the fiber is cancelled.
  struct Leave {
    Lookup& lookup;
    ~Leave() {
      std::lock_guard lock(lookup.mutex);
      lookup.reactor = nullptr;
    }
  } leave{*lookup};
  if (lookup->done.wait(deadline) == WaitResult::timed_out)
    return fail(Errc::timed_out, name + ": the system's resolver does not answer");
  if (lookup->finding.status != 0) return fail(Errc::unreachable, name + ": " + gai_strerror(lookup->finding.status));
  if (lookup->finding.addresses.empty()) return fail(Errc::unreachable, name + ": it has no address");
  return std::move(lookup->finding.addresses);
}

}  // namespace fulmar
