#include "campaign/commands/command.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>

#include "campaign/exit_codes.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

struct Wrong {
  std::string message;
};

bool parse_number(const std::string& text, std::uint64_t& number) {
  std::istringstream in(text);
  return !text.empty() && text[0] >= '0' && text[0] <= '9' && (in >> number) && in.peek() == EOF;
}

std::optional<SeedRange> parse_seeds(const std::string& text, bool open) {
  SeedRange range;
  auto dots = text.find("..");
  auto first = text.substr(0, dots), last = dots == std::string::npos ? first : text.substr(dots + 2);
  if (!parse_number(first, range.first)) return std::nullopt;
  if (last.empty() && open) last = std::to_string(seed_max);
  if (!parse_number(last, range.last) || range.first > range.last || range.last > seed_max) return std::nullopt;
  return range;
}

// As seconds; 0 or less for anything else.
double parse_duration(const std::string& text) {
  std::istringstream in(text);
  double number = -1;
  std::string unit;
  if (!(in >> number)) return -1;
  in >> unit;
  double factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : -1;
  return number * factor;
}

auto parsed(const char* placeholder, std::function<void(const std::string&)> into) {
  return po::value<std::string>()->value_name(placeholder)->notifier(std::move(into));
}

constexpr const char* file_option = "file";
constexpr std::uint64_t shards_max = 1'000'000;

std::vector<std::string_view> scenario_names(const Simulator& simulator) {
  std::vector<std::string_view> names;
  for (const auto& one : simulator.scenarios) names.push_back(one.name);
  return names;
}

}  // namespace

int jobs_by_default() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, jobs_max);
}

CommandOptions::CommandOptions(const Simulator& simulator, const Command& command)
    : simulator_(simulator), command_(command), options_("Options") {
  options_.add_options()("help", "what the command does, and its options");
}

void CommandOptions::flag(const char* name, bool& into, const char* help) {
  options_.add_options()(name, po::bool_switch(&into)->default_value(into), help);
}

void CommandOptions::text(const char* name, const char* placeholder, std::string& into, const char* help) {
  options_.add_options()(name, po::value(&into)->value_name(placeholder), help);
}

void CommandOptions::number(const char* name, const char* placeholder, int& into, int min, int max, const char* help) {
  options_.add_options()(name,
                         parsed(placeholder,
                                [=, &into](const std::string& text) {
                                  std::uint64_t number = 0;
                                  if (!parse_number(text, number) || number < static_cast<std::uint64_t>(min) ||
                                      number > static_cast<std::uint64_t>(max))
                                    throw Wrong{"--" + std::string(name) + " must be from " + std::to_string(min) +
                                                " to " + std::to_string(max)};
                                  into = static_cast<int>(number);
                                }),
                         help);
}

void CommandOptions::number(const char* name, const char* placeholder, std::optional<std::uint64_t>& into,
                            const char* help) {
  options_.add_options()(
      name,
      parsed(placeholder,
             [=, &into](const std::string& text) {
               std::uint64_t number = 0;
               if (!parse_number(text, number))
                 throw Wrong{"--" + std::string(name) + " must be a whole number that is not negative"};
               into = number;
             }),
      help);
}

void CommandOptions::texts(const char* name, const char* placeholder, std::vector<std::string>& into,
                           const char* help) {
  options_.add_options()(name, po::value(&into)->value_name(placeholder), help);
}

void CommandOptions::seeds(const char* name, std::optional<SeedRange>& into, const char* help, bool open) {
  options_.add_options()(name,
                         parsed(open ? "A..[B]" : "A..B",
                                [=, &into](const std::string& text) {
                                  into = parse_seeds(text, open);
                                  if (!into)
                                    throw Wrong{"--" + std::string(name) +
                                                " must be A..B, A not above B, and B not above " +
                                                std::to_string(seed_max)};
                                }),
                         help);
}

void CommandOptions::duration(const char* name, double& seconds, const char* help) {
  options_.add_options()(name,
                         parsed("TIME",
                                [=, &seconds](const std::string& text) {
                                  seconds = parse_duration(text);
                                  if (!(seconds > 0))
                                    throw Wrong{"--" + std::string(name) + " must be like 90s, 10m or 2h"};
                                }),
                         help);
}

void CommandOptions::scenario(const Scenario*& into) {
  options_.add_options()(
      "scenario",
      parsed("S",
             [this, &into](const std::string& name) {
               into = scenario_named(simulator_, name);
               if (!into) throw Wrong{"unknown scenario " + name + did_you_mean(name, scenario_names(simulator_))};
             }),
      "the scenario; `list` shows all");
}

void CommandOptions::scenarios(std::vector<const Scenario*>& into) {
  options_.add_options()(
      "scenario",
      parsed("S,S",
             [this, &into](const std::string& text) {
               into.clear();
               std::istringstream in(text + ",");
               for (std::string name; std::getline(in, name, ',');) {
                 const auto* scenario = scenario_named(simulator_, name);
                 if (!scenario)
                   throw Wrong{"unknown scenario " + name + did_you_mean(name, scenario_names(simulator_))};
                 if (std::ranges::find(into, scenario) != into.end())
                   throw Wrong{"--scenario names " + name + " twice"};
                 into.push_back(scenario);
               }
             }),
      "the scenarios, with commas between them; all by default");
}

void CommandOptions::choice(PlanChoice& into, bool* guided) {
  auto unless = [](const Result<void>& done) {
    if (!done) throw Wrong{done.error().detail};
  };
  auto* settings = po::value<std::vector<std::string>>()->value_name("NAME=VALUE");
  settings->notifier([=, &into](const std::vector<std::string>& all) {
    for (const auto& one : all) unless(into.add_setting(one));
  });
  options_.add_options()("set", settings, "a setting of all plans, whatever the seed says; may be repeated");
  options_.add_options()("faults",
                         parsed("KIND,KIND", [=, &into](const std::string& text) { unless(into.set_faults(text)); }),
                         "leaves out faults of other kinds; `none`: all faults");
  options_.add_options()(
      "strategy",
      parsed(guided ? "random|swarm|guided" : "random|swarm",
             [=, &into](const std::string& text) {
               if (guided && text == "guided") return void(*guided = true);
               auto set = into.set_strategy(text);
               if (!set && guided) throw Wrong{"--strategy must be random, swarm or guided, not " + text};
               unless(set);
             }),
      guided ? "which lives are played: with faults of every kind; of the kinds that each seed chooses, "
               "which is the default; these, and lives that follow what is rare"
             : "which plans the seeds have: with faults of every kind, or of the kinds that each seed "
               "chooses, which is the default");
}

void CommandOptions::shard(const char* name, std::optional<Shard>& into, const char* help) {
  options_.add_options()(
      name,
      parsed("I/N",
             [=, &into](const std::string& text) {
               Shard shard;
               auto slash = text.find('/');
               if (slash == std::string::npos || !parse_number(text.substr(0, slash), shard.number) ||
                   !parse_number(text.substr(slash + 1), shard.of) || shard.number < 1 || shard.number > shard.of ||
                   shard.of > shards_max)
                 throw Wrong{"--" + std::string(name) + " must be I/N, I from 1 to N, and N not above " +
                             std::to_string(shards_max)};
               into = shard;
             }),
      help);
}

void CommandOptions::file(const char* placeholder, std::string& into, const char* help) {
  file_placeholder_ = placeholder;
  options_.add_options()(file_option, po::value(&into)->value_name(placeholder), help);
  positions_.add(file_option, 1);
}

void CommandOptions::files(const char* placeholder, std::vector<std::string>& into, const char* help) {
  file_placeholder_ = placeholder;
  options_.add_options()(file_option, po::value(&into)->value_name(placeholder), help);
  positions_.add(file_option, -1);
}

std::optional<int> CommandOptions::parse(const std::vector<std::string>& arguments) {
  namespace style = po::command_line_style;
  po::variables_map given;
  try {
    po::command_line_parser parser(arguments);
    parser.options(options_).positional(positions_).style(style::unix_style & ~style::allow_guessing);
    po::store(parser.run(), given);
    if (given.contains("help")) {
      std::cout << simulator_.program << " " << command_.name << " " << command_.usage << "\n\n"
                << command_.purpose << "\n\n"
                << options_;
      return 0;
    }
    po::notify(given);
  } catch (const po::error& error) {
    return complain(error.what());
  } catch (const Wrong& wrong) {
    return complain(wrong.message);
  }
  return std::nullopt;
}

int CommandOptions::complain(const std::string& message) const {
  std::cerr << simulator_.program << ": " << message << "\n\n"
            << simulator_.program << " " << command_.name << " " << command_.usage << "\n"
            << simulator_.program << " " << command_.name << " --help says more.\n";
  return exit_usage;
}

int CommandOptions::refuse(const std::string& message) const {
  std::cerr << simulator_.program << ": " << message << "\n";
  return exit_usage;
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path);
  if (!file) return fail(Errc::invalid_argument, "can't be read");
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(Errc::invalid_argument, "can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max)
    return fail(Errc::invalid_argument, "is too large: more than " + std::to_string(bytes_max) + " bytes");
  return text;
}

}  // namespace fulmar
