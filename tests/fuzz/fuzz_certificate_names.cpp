// What a stranger's certificate may have for a name, and what mapping rules make of it. The first byte says what
// follows: 0, a name's DER; else rules, a zero byte, and a name.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker/security/tls/distinguished_name.h"
#include "broker/security/tls/principal_mapping.h"

namespace {

constexpr std::size_t growth_max = 12;  // of a name's text, over its DER

void map(std::string_view input) {
  auto zero = input.find('\0');
  if (zero == std::string_view::npos) return;
  auto mapping = fulmar::PrincipalMapping::parse(input.substr(0, zero));
  if (mapping) (void)mapping->user_of(std::string(input.substr(zero + 1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] != 0) {
    map(input);
    return 0;
  }
  auto name = fulmar::distinguished_name(input);
  if (name && name->size() > growth_max * input.size() + 64) std::abort();
  return 0;
}
