#include "campaign/debug/prompt.h"

#include <signal.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "campaign/debug/debugger.h"
#include "campaign/debug/gdb.h"
#include "campaign/debug/player.h"
#include "campaign/exit_codes.h"
#include "campaign/names.h"
#include "campaign/signature.h"
#include "campaign/worker.h"

namespace fulmar {

namespace {

constexpr std::size_t command_bytes_max = debug_words_max - 1;
constexpr std::uint64_t steps_max = std::uint64_t{1} << 62;

constexpr const char* help_text =
    "  to TIME          the first event at that time or later: to 12.5s, to 800ms\n"
    "  to event N       when N events have happened\n"
    "  step [N]         N events on; 1 if not given\n"
    "  back [N]         N events back\n"
    "  next KIND        until after the next fault, election, process (one starts or ends), client (an operation "
    "begins or\n"
    "                   ends), log, state, disk, sync, sent or received\n"
    "  violation        the moment at which the violation was, or right before the crash\n"
    "  nodes            all nodes, with their processes, connections and disks\n"
    "  node NAME        a node: what its program is in, and what a power loss could take from its disk\n"
    "  messages         what is under way or unread, by connection\n"
    "  fibers [NAME]    the fibers and what they wait for, and, of a node, their stacks (by gdb)\n"
    "  trace [N]        the last N lines of the trace; 10 if not given\n"
    "  gdb              hands over to gdb here; quit it to come back\n"
    "  help, quit\n";

// A line of the standard input, without what follows it, so that gdb can read on. nullopt: there is none.
std::optional<std::string> read_line() {
  std::string line;
  char c = 0;
  for (;;) {
    auto got = read(STDIN_FILENO, &c, 1);
    if (got <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty()) return std::nullopt;
  for (char c : text) {
    if (c < '0' || c > '9' || number > steps_max / 10 - 1) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

// "12.5s", "12.345678s", "800ms", "12": seconds.
std::optional<Instant> time_of(std::string_view text) {
  std::uint64_t unit_ns = 1'000'000'000;
  if (text.ends_with("ms")) {
    unit_ns = 1'000'000;
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
  }
  auto dot = text.find('.');
  auto whole = number_of(text.substr(0, dot));
  constexpr std::uint64_t whole_max = 1'000'000'000;
  if (!whole || *whole > whole_max) return std::nullopt;
  auto ns = *whole * unit_ns;
  if (dot != std::string_view::npos) {
    auto digits = text.substr(dot + 1);
    if (!number_of(digits)) return std::nullopt;
    for (char digit : digits) {
      unit_ns /= 10;
      ns += static_cast<std::uint64_t>(digit - '0') * unit_ns;
    }
  }
  return Instant{static_cast<std::int64_t>(ns)};
}

class Prompt {
 public:
  Prompt(const PlayFile& file, const DebugOptions& options)
      : file_(file), options_(options), debugger_(*file.scenario, file.plan) {}

  int run() {
    if (options_.gdb) {
      if (auto interrupted = to_violation()) return exit_by_signal + interrupted;
      gdb();
    } else {
      say_where();
    }
    bool terminal = isatty(STDIN_FILENO) != 0;
    for (;;) {
      if (terminal) std::printf("(debug) ");
      std::fflush(stdout);
      auto line = read_line();
      if (!line || *line == "quit") return refused_ && !terminal ? exit_usage : 0;
      carry_out(*line);
      std::fflush(stdout);
    }
  }

 private:
  void refuse(const std::string& why) {
    refused_ = true;
    std::printf("%s\n", why.c_str());
  }

  void say_where() {
    const auto& now = debugger_.now();
    std::printf("event %" PRIu64 ", %s, hash %016" PRIx64 "%s\n", now.events, to_string(now.at).c_str(), now.hash,
                now.ended ? ", the life is over" : "");
    if (debugger_.crashed()) std::printf("the life crashes in this event\n");
  }

  void carry_out(const std::string& line) {
    auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) return;
    auto end = line.find_last_not_of(" \r");
    auto text = line.substr(begin, end + 1 - begin);
    if (text.size() > command_bytes_max) return refuse("a command is shorter");
    auto space = text.find(' ');
    auto word = text.substr(0, space);
    auto rest = space == std::string::npos ? "" : text.substr(text.find_first_not_of(' ', space));
    bool alone = rest.empty();
    if (word == "to" && !alone) return to(rest);
    if (word == "step" || word == "back") return step(word == "back", rest);
    if (word == "next" && !alone) return next(rest);
    if (word == "trace") return trace(rest);
    if (word == "node" && !alone) return debugger_.show("node " + rest);
    if (word == "fibers") return fibers(rest);
    if (alone && (word == "nodes" || word == "messages")) return debugger_.show(word);
    if (alone && word == "violation") return static_cast<void>(to_violation());
    if (alone && word == "gdb") return gdb();
    if (alone && word == "help") return static_cast<void>(std::printf("%s", help_text));
    refuse("there is no command '" + text + "': help lists them");
  }

  void to(const std::string& where) {
    if (where.starts_with("event ")) {
      auto events = number_of(where.substr(where.find_first_not_of(' ', 6)));
      if (!events) return refuse("'to event' needs a number");
      debugger_.to_event(*events);
      return say_where();
    }
    auto at = time_of(where);
    if (!at) return refuse("'to' needs a time, as 12.5s or 800ms, or 'event' and a number");
    debugger_.to_time(*at);
    say_where();
  }

  void step(bool back, const std::string& how_many) {
    auto count = how_many.empty() ? std::optional<std::uint64_t>(1) : number_of(how_many);
    if (!count) return refuse("so many events are no number: " + how_many);
    auto now = debugger_.now().events;
    debugger_.to_event(!back ? now + *count : now < *count ? 0 : now - *count);
    say_where();
    if (*count == 1 && !back) debugger_.show("trace 1");
  }

  void next(const std::string& kind) {
    if (!is_stop(kind)) return refuse("there is no kind '" + kind + "': help lists them");
    debugger_.to_next(kind);
    say_where();
    if (!debugger_.now().ended) debugger_.show("stopped_by");
  }

  void trace(const std::string& how_many) {
    if (!how_many.empty() && !number_of(how_many)) return refuse("so many lines are no number: " + how_many);
    debugger_.show("trace " + (how_many.empty() ? "10" : how_many));
  }

  // Returns the signal that interrupted it, or 0.
  int to_violation() {
    if (!violation_) {
      auto life = run_in_worker({}, {.scenario = file_.scenario, .plan = file_.plan});
      if (!life) return life.error();
      const Violation* found = nullptr;
      const auto& violations = life->life.violations;
      if (file_.capsule && file_.capsule->signature) found = find_violation(violations, *file_.capsule->signature);
      if (!found) found = first_violation(violations);
      if (!found) {
        refuse("the life is clean: there is no violation");
        return 0;
      }
      violation_ = *found;
    }
    std::printf("%s: %s\n  %s\n", violation_->property.c_str(), violation_->anomaly.c_str(), violation_->text.c_str());
    auto seen = seen_at(*violation_);
    if (seen == Instant::max())
      debugger_.to_event(steps_max);
    else
      debugger_.to_time(seen);
    say_where();
    return 0;
  }

  void fibers(const std::string& node) {
    std::vector<std::string> commands = {"info fibers" + (node.empty() ? "" : " " + node)};
    if (!node.empty()) commands.push_back("fiber " + node);
    auto lines = ask_gdb(debugger_.player(), commands);
    if (!lines) return refuse(lines.error().detail);
    for (const auto& line : *lines) std::printf("%s\n", line.c_str());
  }

  void gdb() {
    if (auto handed = hand_over_to_gdb(debugger_.player()); !handed) refuse(handed.error().detail);
  }

  const PlayFile& file_;
  const DebugOptions& options_;
  Debugger debugger_;
  std::optional<Violation> violation_;
  bool refused_ = false;
};

}  // namespace

int debug(const PlayFile& file, const DebugOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  return Prompt(file, options).run();
}

}  // namespace fulmar
