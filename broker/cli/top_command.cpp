#include "broker/cli/top_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include "broker/cli/client_command.h"
#include "broker/client/cluster_activity.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int32_t interval_seconds_max = 3600;
constexpr std::int32_t rows_max = 1000;
constexpr const char* clear_screen = "\x1b[H\x1b[2J";

struct Options {
  std::int32_t interval_seconds = 2;
  std::int32_t count = 0;  // 0: until it is interrupted
  std::int32_t rows = 10;
};

// "12.3 MB"
std::string shown_bytes(double bytes) {
  constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  return unit == 0 || bytes >= 99.95 ? fmt::format("{:.0f}{}", bytes, units[unit])
                                     : fmt::format("{:.1f}{}", bytes, units[unit]);
}

std::string shown_rate(std::optional<double> rate) {
  return rate ? fmt::format("{:.0f}", *rate) : "";
}

double rounded(double rate) {
  constexpr double tenths = 10;
  return static_cast<double>(static_cast<std::int64_t>(rate * tenths + 0.5)) / tenths;
}

template <class Rows>
std::size_t shown_of(const Rows& rows, const Options& options) {
  return std::min(rows.size(), static_cast<std::size_t>(options.rows));
}

std::string as_text(const ClusterLook& look, const ClusterActivity& activity, const Options& options) {
  const auto& counts = look.status.counts;
  auto text =
      fmt::format("{} brokers, {} partitions, {} groups; {} written per second\n", look.status.metadata.brokers.size(),
                  counts.partitions, look.groups_in_all, shown_bytes(activity.bytes_per_second));
  for (const auto& concern : look.status.concerns()) text += "! " + concern.text + "\n";
  Table brokers({"BROKER", "STATE", "LEADS", "WRITTEN/S", "LOGS", "ANSWER-MS"});
  for (const auto& broker : activity.brokers) {
    auto ms = [](Duration duration) {
      return fmt::format("{:.1f}", std::chrono::duration<double>(duration) / milliseconds(1));
    };
    brokers.add({std::to_string(broker.id), broker.alive ? broker.answered_in ? "alive" : "silent" : "dead",
                 std::to_string(broker.leads), shown_bytes(broker.bytes_per_second),
                 shown_bytes(static_cast<double>(broker.log_bytes)),
                 broker.answered_in ? ms(*broker.answered_in) : ""});
  }
  text += "\n" + brokers.text();
  if (!activity.partitions.empty()) {
    Table partitions({"PARTITION", "LEADER", "WRITTEN/S", "RECORDS/S", "LOG"});
    for (std::size_t n = 0; n < shown_of(activity.partitions, options); ++n) {
      const auto& partition = activity.partitions[n];
      partitions.add({partition.name.first + "-" + std::to_string(partition.name.second),
                      std::to_string(partition.leader), shown_bytes(partition.bytes_per_second),
                      shown_rate(partition.records_per_second), shown_bytes(static_cast<double>(partition.bytes))});
    }
    text += "\n" + partitions.text();
  }
  if (!activity.groups.empty()) {
    Table groups({"GROUP", "STATE", "MEMBERS", "LAG", "COMMITTED/S"});
    for (std::size_t n = 0; n < shown_of(activity.groups, options); ++n) {
      const auto& group = activity.groups[n];
      groups.add({group.name, group.now.state, std::to_string(group.now.members),
                  group.now.lag ? std::to_string(*group.now.lag) : "", shown_rate(group.committed_per_second)});
    }
    text += "\n" + groups.text();
  }
  return text;
}

Json as_json(const ClusterLook& look, const ClusterActivity& activity, const Options& options) {
  auto rate = [](std::optional<double> value) { return value ? Json(rounded(*value)) : Json(); };
  Json json;
  json["partitions_in_all"] = look.status.counts.partitions;
  json["groups_in_all"] = look.groups_in_all;
  json["bytes_per_second"] = rounded(activity.bytes_per_second);
  json["concerns"] = Json::array();
  for (const auto& concern : look.status.concerns()) json["concerns"].push_back(concern.code);
  json["brokers"] = Json::array();
  for (const auto& broker : activity.brokers)
    json["brokers"].push_back(
        {{"broker", broker.id},
         {"alive", broker.alive},
         {"leads", broker.leads},
         {"bytes_per_second", rounded(broker.bytes_per_second)},
         {"log_bytes", broker.log_bytes},
         {"answer_us", broker.answered_in ? Json(*broker.answered_in / microseconds(1)) : Json()}});
  json["partitions"] = Json::array();
  for (std::size_t n = 0; n < shown_of(activity.partitions, options); ++n) {
    const auto& partition = activity.partitions[n];
    json["partitions"].push_back({{"topic", partition.name.first},
                                  {"partition", partition.name.second},
                                  {"leader", partition.leader},
                                  {"bytes_per_second", rounded(partition.bytes_per_second)},
                                  {"records_per_second", rate(partition.records_per_second)},
                                  {"log_bytes", partition.bytes}});
  }
  json["groups"] = Json::array();
  for (std::size_t n = 0; n < shown_of(activity.groups, options); ++n) {
    const auto& group = activity.groups[n];
    json["groups"].push_back({{"group", group.name},
                              {"state", group.now.state},
                              {"members", group.now.members},
                              {"lag", group.now.lag ? Json(*group.now.lag) : Json()},
                              {"committed_per_second", rate(group.committed_per_second)}});
  }
  return json;
}

Answer<void> show(const ClientCommand& command, const ClusterLook& look, const ClusterActivity& activity,
                  const Options& options, bool first) {
  if (command.as_json()) return print(json_text(as_json(look, activity, options), -1) + "\n");
  const bool on_screen = isatty(STDOUT_FILENO) == 1;
  return print((on_screen ? clear_screen : first ? "" : "\n") + as_text(look, activity, options));
}

// The first look has nothing to be compared with; it is not shown.
Answer<void> watch(const ClientCommand& command, Host& host, ClusterClient& cluster, const Options& options) {
  FULMAR_TRY(auto before, look_at_cluster(host, cluster, {}, nullptr));
  for (std::int32_t shown = 0; options.count == 0 || shown < options.count;) {
    if (host.stop_requested().wait(host.clock().deadline_in(seconds(options.interval_seconds))) == WaitResult::woken)
      return {};
    auto look = look_at_cluster(host, cluster, {}, &before);
    if (!look) {
      // The cluster was there, and may come back.
      command.tell("no answer: " + to_string(look.error()));
      continue;
    }
    FULMAR_TRY_VOID(show(command, *look, activity_between(before, *look), options, shown == 0));
    before = std::move(*look);
    ++shown;
  }
  return {};
}

}  // namespace

int top_command(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  ClientCommand command("top", "",
                        "Shows what a cluster does, again and again until it is interrupted: what is wrong; its\n"
                        "brokers; the partitions that grow most; and the groups with the largest lag, of 50 at most.\n"
                        "Records per second are known from the second time on.");
  command.lists();
  Options options;
  command.options()("interval", po::value(&options.interval_seconds)->value_name("SECONDS")->default_value(2),
                    "between two times")("count", po::value(&options.count)->value_name("N"), "so many times")(
      "rows", po::value(&options.rows)->value_name("N")->default_value(10), "partitions and groups that are shown");
  if (auto code = command.parse(arguments)) return *code;
  if (options.interval_seconds < 1 || options.interval_seconds > interval_seconds_max)
    return command.wrong("--interval must be from 1 to " + std::to_string(interval_seconds_max) + " seconds");
  if (command.given("count") && options.count < 1) return command.wrong("--count must be at least 1");
  if (options.rows < 1 || options.rows > rows_max)
    return command.wrong("--rows must be from 1 to " + std::to_string(rows_max));
  command.ends_in_order();
  return command.run([&](Host& host, ClusterClient& cluster) { return watch(command, host, cluster, options); });
}

}  // namespace fulmar
