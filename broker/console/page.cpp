#include "broker/console/page.h"

// The bundle broker/console/page/built/page.html; see page_bundle.S.
extern "C" {
extern const char fulmar_console_page_begin[];
extern const char fulmar_console_page_end[];
}

namespace fulmar {

std::string_view console_page() {
  return {fulmar_console_page_begin, static_cast<std::size_t>(fulmar_console_page_end - fulmar_console_page_begin)};
}

}  // namespace fulmar
