// fulmar-storm: the clients and checkers of a storm over real brokers; tests/real/storm.py starts the brokers and
// causes the faults.
#include <boost/program_options.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "checkers/log_files.h"
#include "checkers/values.h"
#include "runtime/base/random.h"
#include "scenarios/real/storm.h"

namespace fulmar {
namespace {

namespace po = boost::program_options;

constexpr int exit_violation = 1;
constexpr int exit_usage = 2;
constexpr std::size_t violations_shown = 20;

constexpr const char* usage =
    "fulmar-storm clients --bootstrap HOST:PORT,... --topic NAME:PARTITIONS[:cached]... --seed N\n"
    "                     [--group GROUP:TOPIC]... [--pipeline GROUP:SOURCE:TARGET]... [HISTORY...]\n"
    "    runs clients until SIGTERM, reads everything, adds the histories of others, and checks; others' groups read\n"
    "    all of a topic, or pass its records on in transactions to another one with as many partitions\n"
    "fulmar-storm logs DIRECTORY...\n"
    "    checks the log files of brokers that have stopped\n"
    "fulmar-storm values FIRST SIZE_MAX\n"
    "    prints values for other clients to send, numbered from FIRST on, until nobody takes them\n"
    "\n"
    "Exit codes: 0 clean, 1 a violation, 2 wrong usage.\n";

int complain(const std::string& message) {
  std::cerr << "fulmar-storm: " << message << "\n\n" << usage;
  return exit_usage;
}

int report(const Violations& violations) {
  for (std::size_t i = 0; i < violations.size() && i < violations_shown; ++i)
    std::cout << "VIOLATION of " << violations[i].property << ": " << violations[i].anomaly << "\n"
              << violations[i].text << "\n";
  if (violations.size() > violations_shown)
    std::cout << "... and " << violations.size() - violations_shown << " more\n";
  std::cout << (violations.empty() ? "clean" : std::to_string(violations.size()) + " violations") << std::endl;
  return violations.empty() ? 0 : exit_violation;
}

void report_groups(const History& history) {
  std::map<Outcome, std::size_t> commits;
  for (const auto& commit : history.group_commits) ++commits[commit.outcome];
  std::map<Outcome, std::size_t> transactions;
  for (const auto& transaction : history.transactions) ++transactions[transaction.outcome];
  std::cout << "of groups " << commits[Outcome::ok] << " commits acknowledged, " << history.group_fetches.size()
            << " fetches, " << history.group_ownerships.size() << " ownerships; of transactions "
            << transactions[Outcome::ok] << " committed, " << transactions[Outcome::failed] << " aborted, "
            << transactions[Outcome::unknown] + transactions[Outcome::pending] << " unknown or left open; "
            << history.committed_reads.size() << " reads of committed records\n";
}

bool parse_topic(const std::string& text, StormOptions& options) {
  auto colon = text.find(':');
  if (colon == std::string::npos) return false;
  TopicSpec topic{};
  topic.partitions = std::atoi(text.c_str() + colon + 1);
  auto end = std::min(text.find(':', colon + 1), text.size());
  auto kind = text.substr(end);
  topic.promise = {.synced = kind.empty(), .replicated = true};
  options.topics[text.substr(0, colon)] = topic;
  return topic.partitions > 0 && (kind.empty() || kind == ":cached");
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Their topics have to be known.
bool parse_others(const std::vector<std::string>& groups, const std::vector<std::string>& pipelines,
                  StormOptions& options) {
  for (const auto& text : groups) {
    auto parts = split(text, ':');
    if (parts.size() != 2 || !options.topics.contains(parts[1])) return false;
    options.groups.push_back({parts[0], parts[1]});
  }
  for (const auto& text : pipelines) {
    auto parts = split(text, ':');
    if (parts.size() != 3 || !options.topics.contains(parts[1]) || options.topics.contains(parts[2])) return false;
    options.pipelines.push_back({parts[0], parts[1], parts[2]});
  }
  return true;
}

int clients(const std::vector<std::string>& arguments) {
  StormOptions storm;
  std::string bootstrap;
  std::vector<std::string> topics;
  std::vector<std::string> groups;
  std::vector<std::string> pipelines;
  po::options_description options;
  auto add = options.add_options();
  add("bootstrap", po::value(&bootstrap)->required());
  add("topic", po::value(&topics)->required());
  add("group", po::value(&groups));
  add("pipeline", po::value(&pipelines));
  add("seed", po::value(&storm.seed)->required());
  add("history", po::value(&storm.histories));
  po::positional_options_description positional;
  positional.add("history", -1);
  po::variables_map given;
  try {
    po::store(po::command_line_parser(arguments).options(options).positional(positional).run(), given);
    po::notify(given);
  } catch (const po::error& error) {
    return complain(error.what());
  }
  for (const auto& part : split(bootstrap, ',')) {
    auto address = parse_host_port(part);
    if (!address) return complain("--bootstrap: " + address.error().detail);
    storm.bootstrap.push_back(*address);
  }
  for (const auto& topic : topics)
    if (!parse_topic(topic, storm)) return complain("--topic must be NAME:PARTITIONS or NAME:PARTITIONS:cached");
  if (!parse_others(groups, pipelines, storm))
    return complain("--group must be GROUP:TOPIC, and --pipeline GROUP:SOURCE:TARGET, with topics of --topic");
  auto result = run_storm(storm);
  if (!result) return complain(result.error().detail);
  std::map<Outcome, std::size_t> sends;
  for (const auto& send : result->history.sends) ++sends[send.outcome];
  std::size_t records = 0;
  for (const auto& read : result->history.reads) records += read.records.size();
  std::cout << result->history.sends.size() << " sends: " << sends[Outcome::ok] << " acknowledged, "
            << sends[Outcome::failed] << " failed, " << sends[Outcome::unknown] + sends[Outcome::pending]
            << " unknown; " << result->history.reads.size() << " reads of " << records << " records\n";
  report_groups(result->history);
  return report(result->violations);
}

int logs(const std::vector<std::string>& directories) {
  Violations found;
  for (const auto& directory : directories) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files.emplace(std::filesystem::relative(entry.path(), directory).string(),
                    std::string(std::istreambuf_iterator<char>(file), {}));
    }
    if (files.empty()) return complain(directory + " has no files");
    check_log_files(files, found);
  }
  return report(found);
}

int values(const std::string& first, const std::string& size_max) {
  std::signal(SIGPIPE, SIG_DFL);
  auto id = std::strtoull(first.c_str(), nullptr, 10);
  auto sizes = Random(id).split("sizes");
  for (;; ++id) {
    auto size = static_cast<std::size_t>(sizes.between(1, std::strtoll(size_max.c_str(), nullptr, 10)));
    std::cout << make_value(id, size) << "\n";
    if (!std::cout) return 0;
  }
}

int command(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return complain("a command is needed");
  std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (arguments[0] == "clients") return clients(rest);
  if (arguments[0] == "logs" && !rest.empty()) return logs(rest);
  if (arguments[0] == "values" && rest.size() == 2) return values(rest[0], rest[1]);
  return complain("wrong command");
}

}  // namespace
}  // namespace fulmar

int main(int count, char** values) {
  return fulmar::command({values + 1, values + count});
}
