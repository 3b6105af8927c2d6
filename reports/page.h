// A report as one HTML file, which needs no network: the page that reports/page makes, with the report's document in
// it.
#pragma once

#include <string>

namespace fulmar {

// `document`: JSON, as ReportStore::document() gives it.
std::string html_page(const std::string& document);

}  // namespace fulmar
