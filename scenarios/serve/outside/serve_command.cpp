#include "scenarios/serve/outside/serve_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "campaign/build_commit.h"
#include "campaign/exit_codes.h"
#include "campaign/held_signals.h"
#include "scenarios/plan_settings.h"
#include "scenarios/serve/outside/live_session.h"
#include "scenarios/serve/recording.h"
#include "scenarios/serve/served_plan.h"

namespace fulmar {

namespace {

constexpr int port_max = 65'535;
constexpr int after_s_max = 3600;
constexpr double speed_min = 0.01, speed_max = 1000;

struct ServeOptions {
  std::string scenario = "replication";
  std::optional<std::uint64_t> seed = {};
  int port = 9092;
  int http_port = 0;
  std::string speed_text = "1";
  double speed = 1;
  int after_s = 10;
  bool calm = false;
  std::vector<std::string> topics = {};
  std::string record_file = {};
  PlanChoice choice = {};
};

// Errors: a sentence.
Result<SessionSetup> setup_of(const ServeOptions& given) {
  SessionSetup setup;
  FULMAR_TRY(setup.plan, served_plan(given.scenario, given.seed.value_or(1), given.choice));
  for (const auto& text : given.topics) {
    FULMAR_TRY(auto topic, parse_served_topic(text));
    if (topic.factor > setup.plan.setting(settings::brokers))
      return fail(Errc::invalid_argument, "topic " + topic.name + " can't have more replicas than there are brokers, " +
                                              std::to_string(setup.plan.setting(settings::brokers)));
    setup.topics.push_back(std::move(topic));
  }
  setup.after = seconds(given.after_s);
  setup.calm = given.calm;
  setup.kinds = given.choice.faults;
  setup.wall_ms = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  return setup;
}

Result<OutsideSockets> sockets_for(const ServeOptions& given, std::int64_t brokers) {
  if (given.port + brokers - 1 > port_max)
    return fail(Errc::invalid_argument, "--port leaves no ports for " + std::to_string(brokers) + " brokers");
  std::vector<std::uint16_t> ports;
  for (std::int64_t n = 0; n < brokers; ++n)
    ports.push_back(static_cast<std::uint16_t>(given.port == 0 ? 0 : given.port + n));
  ports.push_back(static_cast<std::uint16_t>(given.http_port));
  return OutsideSockets::listen(ports);
}

// Creates a file that is not there yet. Without a name, the first of some names that is free.
Result<std::string> create_recording(const ServeOptions& given) {
  auto create = [](const std::string& path) {
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) close(fd);
    return fd >= 0;
  };
  auto problem = [](const std::string& path) {
    return fail(Errc::io_error, path + " can't be created: " + std::string(std::strerror(errno)));
  };
  if (!given.record_file.empty()) {
    if (!create(given.record_file)) return problem(given.record_file);
    return given.record_file;
  }
  auto stem = "serve-" + given.scenario + "-" + std::to_string(given.seed.value_or(1));
  for (int number = 1;; ++number) {
    auto path = stem + (number == 1 ? "" : "-" + std::to_string(number)) + ".recording.jsonl";
    if (create(path)) return path;
    if (errno != EEXIST) return problem(path);
  }
}

void print_where(const ServeOptions& given, const SessionSetup& setup, std::uint16_t http_port,
                 const std::string& recording) {
  std::string servers;
  for (auto port : setup.ports) servers += (servers.empty() ? "" : ",") + ("127.0.0.1:" + std::to_string(port));
  std::printf("scenario %s, seed %llu: %zu brokers\n", setup.plan.scenario.c_str(),
              static_cast<unsigned long long>(setup.plan.seed), setup.ports.size());
  std::printf("bootstrap.servers=%s\n", servers.c_str());
  std::printf("status and faults: http://127.0.0.1:%u/\n", http_port);
  std::printf("recording: %s\n", recording.c_str());
  if (setup.calm)
    std::printf("no faults but those that you trigger; Ctrl-C ends the session\n\n");
  else
    std::printf("faults begin in %d s of virtual time; Ctrl-C ends the session\n\n", given.after_s);
  std::fflush(stdout);
}

int serve(const Simulator& simulator, const std::vector<std::string>& arguments) {
  ServeOptions given;
  CommandOptions options(simulator, commands::serve);
  options.text("scenario", "S", given.scenario, "whose faults strike; replication by default");
  options.number("seed", "N", given.seed, "the seed of the cluster and its faults; 1 by default");
  options.number("port", "P", given.port, 0, port_max,
                 "broker 1 is at port P, broker 2 at P+1, ...; 9092 by default; 0: free ports");
  options.number("http-port", "P", given.http_port, 0, port_max, "of status and faults; 0, the default: a free port");
  options.text("speed", "X", given.speed_text, "seconds of virtual time per second; 1 by default");
  options.number("after", "SECONDS", given.after_s, 0, after_s_max, "when the faults begin; 10 by default");
  options.flag("calm", given.calm, "no faults but those that are triggered over HTTP");
  options.texts("topic", "NAME[:PARTITIONS[:FACTOR]]", given.topics, "a topic to make at first; may be repeated");
  options.text("record", "FILE", given.record_file, "where the session is recorded; the file must not exist");
  options.choice(given.choice);
  if (auto ended = options.parse(arguments)) return *ended;
  const auto& text = given.speed_text;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), given.speed);
  if (error != std::errc() || rest != text.data() + text.size() || !(given.speed >= speed_min) ||
      given.speed > speed_max)
    return options.complain("--speed must be from 0.01 to 1000, not " + text);
  if (given.calm && given.choice.faults) return options.complain("--calm plans no faults: --faults would be ignored");
  auto setup = setup_of(given);
  if (!setup) return options.refuse(setup.error().detail);
  auto sockets = sockets_for(given, setup->plan.setting(settings::brokers));
  if (!sockets) return options.refuse(sockets.error().detail);
  setup->ports.assign(sockets->ports().begin(), sockets->ports().end() - 1);

  HeldSignals held;
  ServedSession session(*setup, [](Instant at, const std::string& what) {
    std::printf("%s%s\n", stamp(at).c_str(), what.c_str());
    std::fflush(stdout);
  });
  if (auto formed = session.form(); !formed) return options.refuse(formed.error().detail);
  auto path = create_recording(given);
  if (!path) return options.refuse(path.error().detail);
  std::ofstream recording(*path, std::ios::binary | std::ios::app);
  recording << to_line(RecordingHead{std::string(build_commit()), *setup}) << std::flush;
  if (!recording) return options.refuse(*path + " can't be written");
  print_where(given, *setup, sockets->ports().back(), *path);
  return serve_live(session, *sockets, {given.speed, recording, *path});
}

}  // namespace

const Command commands::serve{
    "serve",
    "[--scenario S] [--seed N] [--port P] [--http-port P] [--speed X] [--after SECONDS] [--calm] "
    "[--topic NAME[:PARTITIONS[:FACTOR]]]... [--set NAME=VALUE]... [--faults KIND,KIND] [--record FILE]",
    "Serves a simulated cluster to real Kafka clients on loopback, while the scenario's faults strike. Shows and "
    "triggers\nfaults over HTTP. Records what comes from outside: `replay FILE` repeats the session without clients.",
    fulmar::serve};

}  // namespace fulmar
