// The text of metrics in both formats, and which one a client gets.
#include "broker/metrics/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace fulmar {
namespace {

std::string page(ExpositionFormat format) {
  LatencyHistogram took;
  took.add(microseconds(100));  // a bound belongs to its class
  took.add(microseconds(101));
  took.add(milliseconds(250));
  took.add(seconds(11));
  Exposition text(format);
  text.family("fulmar_log_size", MetricType::gauge, "bytes", "Of all logs.");
  text.sample({}, std::int64_t{4096});
  text.family("fulmar_compactions", MetricType::counter, "", "Passes.");
  text.sample({{"shard", "0"}, {"name", "a\"b\\c\nd"}}, std::int64_t{7});
  text.family("fulmar_build", MetricType::info, "", "The release.");
  text.sample({{"version", "1.2"}}, std::int64_t{1});
  text.family("process_cpu", MetricType::counter, "seconds", "Computing time.");
  text.sample({}, 0.25);
  text.family("fulmar_request_duration", MetricType::histogram, "seconds", "How long requests took.");
  text.sample({{"api", "Fetch"}}, took);
  return std::move(text).finish();
}

TEST(Exposition, OpenMetricsNamesFamiliesWithoutSuffixesTellsUnitsAndEnds) {
  EXPECT_EQ(page(ExpositionFormat::openmetrics),
            "# TYPE fulmar_log_size_bytes gauge\n"
            "# UNIT fulmar_log_size_bytes bytes\n"
            "# HELP fulmar_log_size_bytes Of all logs.\n"
            "fulmar_log_size_bytes 4096\n"
            "# TYPE fulmar_compactions counter\n"
            "# HELP fulmar_compactions Passes.\n"
            "fulmar_compactions_total{shard=\"0\",name=\"a\\\"b\\\\c\\nd\"} 7\n"
            "# TYPE fulmar_build info\n"
            "# HELP fulmar_build The release.\n"
            "fulmar_build_info{version=\"1.2\"} 1\n"
            "# TYPE process_cpu_seconds counter\n"
            "# UNIT process_cpu_seconds seconds\n"
            "# HELP process_cpu_seconds Computing time.\n"
            "process_cpu_seconds_total 0.25\n"
            "# TYPE fulmar_request_duration_seconds histogram\n"
            "# UNIT fulmar_request_duration_seconds seconds\n"
            "# HELP fulmar_request_duration_seconds How long requests took.\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.0001\"} 1\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.0003\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.001\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.003\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.01\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.03\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.1\"} 2\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"0.3\"} 3\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"1.0\"} 3\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"3.0\"} 3\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"10.0\"} 3\n"
            "fulmar_request_duration_seconds_bucket{api=\"Fetch\",le=\"+Inf\"} 4\n"
            "fulmar_request_duration_seconds_sum{api=\"Fetch\"} 11.250201\n"
            "fulmar_request_duration_seconds_count{api=\"Fetch\"} 4\n"
            "# EOF\n");
}

TEST(Exposition, PrometheusOwnFormatNamesFamiliesAsTheirSamplesAndHasNoUnits) {
  auto text = page(ExpositionFormat::prometheus);
  EXPECT_TRUE(
      text.starts_with("# TYPE fulmar_log_size_bytes gauge\n"
                       "# HELP fulmar_log_size_bytes Of all logs.\n"
                       "fulmar_log_size_bytes 4096\n"
                       "# TYPE fulmar_compactions_total counter\n"
                       "# HELP fulmar_compactions_total Passes.\n"
                       "fulmar_compactions_total{shard=\"0\",name=\"a\\\"b\\\\c\\nd\"} 7\n"
                       "# TYPE fulmar_build_info gauge\n"
                       "# HELP fulmar_build_info The release.\n"
                       "fulmar_build_info{version=\"1.2\"} 1\n"
                       "# TYPE process_cpu_seconds_total counter\n"))
      << text;
  EXPECT_EQ(text.find("# UNIT"), std::string::npos);
  EXPECT_EQ(text.find("# EOF"), std::string::npos);
}

TEST(Exposition, NumbersThatAreNoneHaveNames) {
  Exposition text(ExpositionFormat::prometheus);
  text.family("ratio", MetricType::gauge, "", "A ratio.");
  text.sample({}, std::numeric_limits<double>::quiet_NaN());
  text.sample({}, std::numeric_limits<double>::infinity());
  text.sample({}, -std::numeric_limits<double>::infinity());
  text.sample({}, 1e-9);
  EXPECT_EQ(std::move(text).finish(),
            "# TYPE ratio gauge\n# HELP ratio A ratio.\nratio NaN\nratio +Inf\nratio -Inf\nratio 1e-09\n");
}

TEST(Exposition, AClientGetsTheFormatThatItPrefersAndPrometheusOwnIfItNamesNone) {
  using enum ExpositionFormat;
  const std::pair<const char*, ExpositionFormat> cases[] = {
      {"", prometheus},
      {"*/*", prometheus},
      {"text/html,application/xml;q=0.9,*/*;q=0.8", prometheus},
      {"application/openmetrics-text", openmetrics},
      {"Application/OpenMetrics-Text ; version=1.0.0", openmetrics},
      // As Prometheus 2.42 asks.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       openmetrics},
      {"text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.3", prometheus},
      {"application/openmetrics-text;q=0", prometheus},
      {"application/openmetrics-text;q=0.001, text/plain;q=0", openmetrics},
      {",,;;q=,", prometheus},
      {"application/openmetrics-text;q=nonsense", openmetrics}};
  for (const auto& [accept, format] : cases) EXPECT_EQ(exposition_format(accept), format) << accept;
  EXPECT_EQ(content_type(openmetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_EQ(content_type(prometheus), "text/plain; version=0.0.4; charset=utf-8");
}

TEST(LatencyHistogram, HistogramsOfShardsAdd) {
  LatencyHistogram one, other;
  one.add(milliseconds(2));
  other.add(milliseconds(2));
  other.add(seconds(60));
  one.add(other);
  EXPECT_EQ(one.count(), 3);
  EXPECT_EQ(one.count_at(3), 2);
  EXPECT_EQ(one.count_at(LatencyHistogram::bounds.size()), 1);
  EXPECT_EQ(one.sum(), milliseconds(60'004));
}

}  // namespace
}  // namespace fulmar
