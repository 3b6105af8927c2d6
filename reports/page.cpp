#include "reports/page.h"

#include <string_view>

#include "runtime/base/assert.h"

// The bundle reports/page/built/page.html; see page_bundle.S.
extern "C" {
extern const char fulmar_page_begin[];
extern const char fulmar_page_end[];
}

namespace fulmar {

namespace {

constexpr std::string_view place = "@REPORT_DATA@";

std::string_view bundle() {
  return {fulmar_page_begin, static_cast<std::size_t>(fulmar_page_end - fulmar_page_begin)};
}

}  // namespace

std::string html_page(const std::string& document) {
  auto at = bundle().find(place);
  FULMAR_ASSERT(at != std::string_view::npos);
  std::string page(bundle().substr(0, at));
  page.reserve(bundle().size() + document.size() + document.size() / 16);
  // The browser must not see a tag in a text; in JSON, < is in texts only.
  for (char c : document)
    if (c == '<')
      page += "\\u003c";
    else
      page += c;
  page += bundle().substr(at + place.size());
  return page;
}

}  // namespace fulmar
