// fulmar-load: sends and reads records of 1 KiB through librdkafka, and measures the cost for the broker.
//
//   fulmar-load BROKER[,BROKER...] PID[,PID...] produce|fetch|latency TOPIC PARTITIONS MEGABYTES [NAME=VALUE]...
//
// NAME=VALUE: settings of librdkafka, such as security.protocol=ssl.
// Prints MB/s, the brokers' CPU seconds per GB (the sum over all, from /proc/PID/stat), and for `latency`, sent at 5
// MB/s, the percentiles of the time from sending a record to reading it.
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t record_bytes = 1024;

struct Settings {
  std::string brokers, pids, topic;
  int partitions;
  long records;
  std::vector<std::pair<std::string, std::string>> more = {};  // of librdkafka
};

double broker_cpu_seconds(const std::string& pids) {
  long ticks = 0;
  std::istringstream each(pids);
  for (std::string pid; std::getline(each, pid, ',');) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    auto rest = text.substr(text.rfind(')') + 2);
    long user = 0, system = 0;
    std::sscanf(rest.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    ticks += user + system;
  }
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::int64_t now_ns() {
  return Steady::now().time_since_epoch().count();
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char error[256];
  if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
    std::fprintf(stderr, "%s\n", error);
    std::exit(2);
  }
}

std::atomic<long> failed{0};

rd_kafka_t* make(rd_kafka_type_t type, const Settings& settings, bool quick) {
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", settings.brokers);
  if (type == RD_KAFKA_PRODUCER) {
    set(conf, "linger.ms", quick ? "0" : "20");
    set(conf, "batch.size", "131072");
    set(conf, "batch.num.messages", "100000");
    set(conf, "queue.buffering.max.messages", "500000");
    set(conf, "queue.buffering.max.kbytes", "200000");
    rd_kafka_conf_set_dr_msg_cb(
        conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) { failed += message->err != 0; });
  } else {
    set(conf, "group.id", "unused");
    set(conf, "enable.auto.commit", "false");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "fetch.message.max.bytes", "4194304");
    set(conf, "queued.min.messages", "200000");
  }
  for (const auto& [name, value] : settings.more) set(conf, name.c_str(), value);
  char error[256];
  auto* handle = rd_kafka_new(type, conf, error, sizeof error);
  if (!handle) {
    std::fprintf(stderr, "%s\n", error);
    std::exit(2);
  }
  return handle;
}

void send(rd_kafka_t* producer, const Settings& settings, long number, void* value) {
  for (;;) {
    auto status = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(settings.topic.c_str()),
                                    RD_KAFKA_V_PARTITION(static_cast<std::int32_t>(number / 64 % settings.partitions)),
                                    RD_KAFKA_V_VALUE(value, record_bytes), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                    RD_KAFKA_V_END);
    if (status != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    rd_kafka_poll(producer, 1);
  }
  rd_kafka_poll(producer, 0);
}

void report(const char* what, const Settings& settings, double seconds, double cpu) {
  double bytes = static_cast<double>(settings.records) * record_bytes;
  std::printf("%-8s %5d partitions %8.0f MB/s   brokers %5.2f CPU s/GB   failed %ld\n", what, settings.partitions,
              bytes / seconds / 1e6, cpu / (bytes / 1e9), failed.load());
}

rd_kafka_t* consumer_of(const Settings& settings, std::int64_t offset) {
  auto* consumer = make(RD_KAFKA_CONSUMER, settings, false);
  rd_kafka_poll_set_consumer(consumer);
  auto* list = rd_kafka_topic_partition_list_new(settings.partitions);
  for (int p = 0; p < settings.partitions; ++p)
    rd_kafka_topic_partition_list_add(list, settings.topic.c_str(), p)->offset = offset;
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  return consumer;
}

void produce(const Settings& settings) {
  auto* producer = make(RD_KAFKA_PRODUCER, settings, false);
  std::string value(record_bytes, 'x');
  auto cpu = broker_cpu_seconds(settings.pids);
  auto begun = now_ns();
  for (long i = 0; i < settings.records; ++i) send(producer, settings, i, value.data());
  rd_kafka_flush(producer, 300'000);
  report("produce", settings, static_cast<double>(now_ns() - begun) / 1e9, broker_cpu_seconds(settings.pids) - cpu);
  rd_kafka_destroy(producer);
}

void fetch(const Settings& settings) {
  auto* consumer = consumer_of(settings, RD_KAFKA_OFFSET_BEGINNING);
  auto cpu = broker_cpu_seconds(settings.pids);
  auto begun = now_ns();
  for (long got = 0; got < settings.records;) {
    auto* message = rd_kafka_consumer_poll(consumer, 1000);
    if (!message) continue;
    got += message->err == 0;
    rd_kafka_message_destroy(message);
  }
  report("fetch", settings, static_cast<double>(now_ns() - begun) / 1e9, broker_cpu_seconds(settings.pids) - cpu);
  rd_kafka_destroy(consumer);
}

void latency(const Settings& settings) {
  constexpr double bytes_per_second = 5e6;
  auto* consumer = consumer_of(settings, RD_KAFKA_OFFSET_END);
  std::vector<std::int64_t> delays;
  std::atomic<bool> over{false};
  std::thread reading([&] {
    while (!over) {
      auto* message = rd_kafka_consumer_poll(consumer, 100);
      if (!message) continue;
      if (message->err == 0) {
        std::int64_t sent = 0;
        std::memcpy(&sent, message->payload, sizeof sent);
        delays.push_back(now_ns() - sent);
      }
      rd_kafka_message_destroy(message);
    }
  });
  std::this_thread::sleep_for(std::chrono::seconds(2));  // until the consumer is at the end
  auto* producer = make(RD_KAFKA_PRODUCER, settings, true);
  std::string value(record_bytes, 'x');
  auto begun = now_ns();
  for (long i = 0; i < settings.records; ++i) {
    auto due = begun + static_cast<std::int64_t>(static_cast<double>(i) * record_bytes / bytes_per_second * 1e9);
    while (now_ns() < due) std::this_thread::sleep_for(std::chrono::microseconds(100));
    auto sent = now_ns();
    std::memcpy(value.data(), &sent, sizeof sent);
    send(producer, settings, i, value.data());
  }
  rd_kafka_flush(producer, 60'000);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  over = true;
  reading.join();
  std::sort(delays.begin(), delays.end());
  auto percentile = [&](double p) {
    return delays.empty()
               ? 0.0
               : static_cast<double>(delays[static_cast<std::size_t>(p * static_cast<double>(delays.size() - 1))]) /
                     1e6;
  };
  std::printf("latency  %5d partitions at 5 MB/s: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms (%zu records)\n",
              settings.partitions, percentile(0.5), percentile(0.99), percentile(0.999), delays.size());
  rd_kafka_destroy(producer);
  rd_kafka_destroy(consumer);
}

}  // namespace

int main(int count, char** values) {
  bool right = count >= 7;
  for (int i = 7; i < count; ++i) right = right && std::strchr(values[i], '=');
  if (!right) {
    std::fprintf(stderr,
                 "usage: fulmar-load BROKER[,BROKER...] PID[,PID...] produce|fetch|latency TOPIC PARTITIONS MEGABYTES "
                 "[NAME=VALUE]...\n");
    return 2;
  }
  Settings settings{values[1], values[2], values[4], std::atoi(values[5]),
                    std::atol(values[6]) * 1'000'000 / static_cast<long>(record_bytes)};
  for (int i = 7; i < count; ++i) {
    std::string text = values[i];
    auto equals = text.find('=');
    settings.more.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::string what = values[3];
  if (what == "produce")
    produce(settings);
  else if (what == "fetch")
    fetch(settings);
  else if (what == "latency")
    latency(settings);
  else
    return 2;
  return failed > 0;
}
