// Exposition: metrics as text, in the two formats that Prometheus reads: OpenMetrics 1.0, and its own, 0.0.4. A client
// says by its Accept header which one it wants.
//
//   Exposition text(ExpositionFormat::openmetrics);
//   text.family("fulmar_log_size", MetricType::gauge, "bytes", "Of all logs.");
//   text.sample({{"shard", "0"}}, 4096);
//   std::string all = std::move(text).finish();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/latency_histogram.h"

namespace fulmar {

enum class ExpositionFormat : unsigned char { openmetrics, prometheus };

// The format that a client prefers of those that are here; `accept`: the value of its Accept header (RFC 9110, 12.5.1),
// empty if there is none. Prometheus' own format if it names neither.
ExpositionFormat exposition_format(std::string_view accept);
std::string_view content_type(ExpositionFormat format);

enum class MetricType : unsigned char {
  counter,    // its samples are named NAME_UNIT_total
  gauge,      // NAME_UNIT
  histogram,  // NAME_UNIT_bucket, _sum and _count
  info,       // NAME_info; the labels are what it says, the value is 1
};

// Names and values. Names are constants of the caller's; values are escaped, and have to be UTF-8.
using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

class Exposition {
 public:
  explicit Exposition(ExpositionFormat format) : format_(format) {}

  // Begins a family, to which all samples belong until the next; each is begun once. `name`: without unit and without
  // "_total" or "_info"; asserted to consist of lower-case letters, digits and underscores. `unit`: base units, such as
  // "seconds" or "bytes"; empty: none, as for plain counts. `help`: one sentence.
  void family(std::string_view name, MetricType type, std::string_view unit, std::string_view help);
  // Of a counter, gauge or info.
  void sample(const MetricLabels& labels, std::int64_t value);
  void sample(const MetricLabels& labels, double value);
  // Of a histogram of seconds.
  void sample(const MetricLabels& labels, const LatencyHistogram& histogram);

  // The whole text. Nothing may be added afterwards.
  std::string finish() &&;

 private:
  void line(std::string_view suffix, const MetricLabels& labels, std::string_view last_name,
            std::string_view last_value, std::string_view value);
  std::string_view suffix() const;

  const ExpositionFormat format_;
  std::string text_;
  std::string name_;  // of the family, with its unit
  MetricType type_ = MetricType::gauge;
};

}  // namespace fulmar
