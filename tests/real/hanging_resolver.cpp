// To be preloaded: lookups of names that end in ".hangs" never end.
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <cstring>

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** list) {
  constexpr const char* ending = ".hangs";
  auto size = name ? std::strlen(name) : 0;
  if (size > std::strlen(ending) && std::strcmp(name + size - std::strlen(ending), ending) == 0)
    for (;;) pause();
  static auto* real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, list);
}
