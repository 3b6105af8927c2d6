#include "broker/metrics/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr int quality_max = 1000;  // q=1, in thousandths

std::string_view trimmed(std::string_view text) {
  auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// What precedes the separator; `rest` is then what follows it.
std::string_view next_part(std::string_view& rest, char separator) {
  auto at = rest.find(separator);
  auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return trimmed(part);
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

// "0.5" as thousandths; what is malformed counts as 1.
int quality_of(std::string_view text) {
  int whole = 0, thousandths = 0, weight = 100;
  auto dot = text.find('.');
  auto before = text.substr(0, dot);
  if (std::from_chars(before.data(), before.data() + before.size(), whole).ec != std::errc()) return quality_max;
  for (char c : dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1)) {
    if (c < '0' || c > '9') return quality_max;
    thousandths += (c - '0') * weight;
    weight /= 10;
  }
  return std::min(whole * quality_max + thousandths, quality_max);
}

// As OpenMetrics writes bounds: "0.001", "1.0".
std::string bound_text(Duration bound) {
  auto nanoseconds = bound.count();
  auto digits = std::to_string(nanoseconds % 1'000'000'000);
  digits.insert(0, 9 - digits.size(), '0');
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  return std::to_string(nanoseconds / 1'000'000'000) + "." + digits;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

void append_escaped(std::string& text, std::string_view value) {
  for (char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
}

std::string_view type_name(MetricType type, ExpositionFormat format) {
  switch (type) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::histogram: return "histogram";
    case MetricType::info: return format == ExpositionFormat::openmetrics ? "info" : "gauge";
  }
  return "unknown";
}

}  // namespace

ExpositionFormat exposition_format(std::string_view accept) {
  int openmetrics = 0, prometheus = 0;
  while (!accept.empty()) {
    auto wanted = next_part(accept, ',');
    auto type = next_part(wanted, ';');
    int quality = quality_max;
    while (!wanted.empty()) {
      auto parameter = next_part(wanted, ';');
      if (equal_but_for_case(parameter.substr(0, 2), "q=")) quality = quality_of(trimmed(parameter.substr(2)));
    }
    if (equal_but_for_case(type, "application/openmetrics-text")) openmetrics = std::max(openmetrics, quality);
    if (equal_but_for_case(type, "text/plain")) prometheus = std::max(prometheus, quality);
  }
  return openmetrics > 0 && openmetrics >= prometheus ? ExpositionFormat::openmetrics : ExpositionFormat::prometheus;
}

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                 : "text/plain; version=0.0.4; charset=utf-8";
}

std::string_view Exposition::suffix() const {
  if (type_ == MetricType::counter) return "_total";
  return type_ == MetricType::info ? "_info" : "";
}

void Exposition::family(std::string_view name, MetricType type, std::string_view unit, std::string_view help) {
  FULMAR_ASSERT(
      std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }));
  type_ = type;
  name_ = name;
  if (!unit.empty()) name_.append("_").append(unit);
  // OpenMetrics names the family without the suffix of its samples, the older format with it.
  auto told = format_ == ExpositionFormat::openmetrics ? name_ : name_ + std::string(suffix());
  text_.append("# TYPE ").append(told).append(" ").append(type_name(type, format_)).append("\n");
  if (format_ == ExpositionFormat::openmetrics && !unit.empty())
    text_.append("# UNIT ").append(told).append(" ").append(unit).append("\n");
  text_.append("# HELP ").append(told).append(" ").append(help).append("\n");
}

// `last_name`: of a label after the others; empty: there is none.
void Exposition::line(std::string_view suffix, const MetricLabels& labels, std::string_view last_name,
                      std::string_view last_value, std::string_view value) {
  FULMAR_ASSERT(!name_.empty());
  text_.append(name_).append(suffix);
  char before = '{';
  auto add = [&](std::string_view name, std::string_view text) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(text_, text);
    text_ += '"';
    before = ',';
  };
  for (const auto& [name, text] : labels) add(name, text);
  if (!last_name.empty()) add(last_name, last_value);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void Exposition::sample(const MetricLabels& labels, std::int64_t value) {
  FULMAR_ASSERT(type_ != MetricType::histogram);
  line(suffix(), labels, "", "", std::to_string(value));
}

void Exposition::sample(const MetricLabels& labels, double value) {
  FULMAR_ASSERT(type_ != MetricType::histogram);
  line(suffix(), labels, "", "", number_text(value));
}

void Exposition::sample(const MetricLabels& labels, const LatencyHistogram& histogram) {
  FULMAR_ASSERT(type_ == MetricType::histogram);
  std::int64_t so_far = 0;
  for (std::size_t place = 0; place < LatencyHistogram::bounds.size(); ++place) {
    so_far += histogram.count_at(place);
    line("_bucket", labels, "le", bound_text(LatencyHistogram::bounds[place]), std::to_string(so_far));
  }
  so_far += histogram.count_at(LatencyHistogram::bounds.size());
  line("_bucket", labels, "le", "+Inf", std::to_string(so_far));
  line("_sum", labels, "", "", number_text(std::chrono::duration<double>(histogram.sum()).count()));
  line("_count", labels, "", "", std::to_string(so_far));
}

std::string Exposition::finish() && {
  if (format_ == ExpositionFormat::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace fulmar
