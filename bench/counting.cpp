// fulmar-counting: what the metrics cost a produce request: the time of counting it, as the broker does it, on a real
// shard. The same loop without the counting is run by turns with it, and the medians are compared. One line.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "broker/server/shard/client_counts.h"
#include "broker/server/shard/shard_counts.h"
#include "runtime/host/clock.h"
#include "runtime/real/process.h"

namespace fulmar {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int requests = 2'000'000;
constexpr int rounds = 15;  // of each
constexpr std::int16_t produce_key = static_cast<std::int16_t>(ApiKey::produce);
constexpr std::int16_t produce_version = 11;
constexpr std::int64_t request_bytes = 1100;
constexpr std::int64_t response_bytes = 60;

// Keeps the compiler from leaving out what nobody reads.
template <class T>
void seen(T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

struct Answer {
  RequestCounts::Slot slot = 0;
  ApiCount* api = nullptr;
  Instant received, answered;
};

// What Connection and Produce do for a request whether or not it is counted: they look at the clock when it has come.
void without(const Clock& clock, Answer& answer) {
  answer.received = clock.now();
  seen(answer);
}

// The same and what is done for the metrics: in ServedConnection::begin() and answered(), and in produce.cpp.
void with(const Clock& clock, Answer& answer, ShardCounts& counts, RequestCounts& of_software) {
  answer.received = clock.now();
  seen(answer);
  answer.slot = RequestCounts::slot_of(produce_key, produce_version);
  answer.api = counts.apis.of(produce_key);
  seen(answer);
  counts.produced_bytes += request_bytes;
  counts.produced_records += 1;
  if (!counts.apis.of(produce_key)) return;  // whose errors would be counted here
  answer.answered = clock.now();
  if (answer.api) {
    answer.api->durations.add(answer.answered - answer.received);
    answer.api->request_bytes += request_bytes;
    answer.api->response_bytes += response_bytes;
  }
  of_software.add(answer.slot);
  seen(counts);
}

template <class Work>
double nanoseconds_each(Work&& work) {
  auto begun = Steady::now();
  for (int i = 0; i < requests; ++i) work();
  return std::chrono::duration<double, std::nano>(Steady::now() - begun).count() / requests;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure(Host& host) {
  ShardCounts counts;
  ClientCounts clients;
  auto& of_software = clients.of({"librdkafka", "2.0.2"});
  Answer answer;
  std::vector<double> plain, counted;
  for (int round = 0; round < rounds; ++round) {
    plain.push_back(nanoseconds_each([&] { without(host.clock(), answer); }));
    counted.push_back(nanoseconds_each([&] { with(host.clock(), answer, counts, of_software); }));
  }
  std::printf("counting a produce request: %.1f ns (%.1f ns with it, %.1f ns without; medians of %d)\n",
              median(counted) - median(plain), median(counted), median(plain), rounds);
}

}  // namespace
}  // namespace fulmar

int main() {
  using namespace fulmar;
  auto directory = std::filesystem::temp_directory_path() / "fulmar-counting";
  std::filesystem::create_directories(directory);
  ProcessOptions options{
      .data_directory = directory, .shards = 1, .log = {.level = LogLevel::error}, .handle_signals = false};
  auto code = run_real_process(options, [](Host& host) {
    measure(host);
    return 0;
  });
  if (!code) std::fprintf(stderr, "%s\n", to_string(code.error()).c_str());
  std::filesystem::remove_all(directory);
  return code ? 0 : 1;
}
