#include "campaign/capsule.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "campaign/build_commit.h"
#include "campaign/build_id.h"
#include "faults/plan_json.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

using namespace strict_json;

constexpr std::size_t bytes_max = 4 << 20;       // of a file: more than any plan or capsule
constexpr std::size_t text_bytes_max = 1 << 16;  // of a violation
constexpr std::size_t hashes_per_line = 32;
constexpr std::size_t hash_digits = 4;

std::string hex(std::uint64_t number, std::size_t digits) {
  char text[17];
  std::snprintf(text, sizeof text, "%0*llx", static_cast<int>(digits), static_cast<unsigned long long>(number));
  return text;
}

std::uint64_t number_in_hex(const std::string& digits, const std::string& what) {
  std::uint64_t number = 0;
  for (char digit : digits) {
    auto value = std::string_view("0123456789abcdef").find(digit);
    if (value == std::string_view::npos) throw Malformed{what + " must be in hexadecimal digits"};
    number = number << 4 | value;
  }
  return number;
}

ordered_json json_of_trace(const RunningHashes& trace) {
  ordered_json json;
  json["events"] = trace.end().events;
  json["end_us"] = trace.end().at.ns / 1000;
  json["hash"] = hex(trace.end().hash, 16);
  json["every"] = trace.every();
  json["hashes"] = ordered_json::array();
  std::string line;
  auto hashes = trace.hashes();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    line += hex(hashes[i], hash_digits);
    if ((i + 1) % hashes_per_line != 0 && i + 1 != hashes.size()) continue;
    json["hashes"].push_back(line);
    line.clear();
  }
  return json;
}

RunningHashes trace_of_json(const ordered_json& json) {
  const std::string where = "the trace";
  expect_members(json, where, {"events", "end_us", "hash", "every", "hashes"});
  RunningHashes::Moment end;
  end.events = not_negative(member(json, where, "events"));
  end.at = Instant{integer(member(json, where, "end_us"), 0, any_max / 1000) * 1000};
  auto hash = text(member(json, where, "hash"));
  if (hash.size() != 16) throw Malformed{"the trace: 'hash' must have 16 digits"};
  end.hash = number_in_hex(hash, "the trace: 'hash'");
  auto every = not_negative(member(json, where, "every"));
  if (!std::has_single_bit(every)) throw Malformed{"the trace: 'every' must be a power of two"};
  std::string digits;
  for (const auto& line : array(member(json, where, "hashes")))
    digits += text({line, "the trace: one of its 'hashes'"});
  if (digits.size() % hash_digits != 0 || digits.size() / hash_digits > RunningHashes::count_max)
    throw Malformed{"the trace: 'hashes' must be " + std::to_string(hash_digits) + " digits each, and " +
                    std::to_string(RunningHashes::count_max) + " at most"};
  std::vector<std::uint16_t> hashes;
  for (std::size_t at = 0; at < digits.size(); at += hash_digits)
    hashes.push_back(static_cast<std::uint16_t>(number_in_hex(digits.substr(at, hash_digits), "the trace: 'hashes'")));
  return {every, hashes, end};
}

ordered_json json_of_verdict(const Capsule& capsule) {
  ordered_json json;
  if (!capsule.signature) return json;  // null
  json["property"] = capsule.signature->property;
  json["anomaly"] = capsule.signature->anomaly;
  json["details"] = capsule.signature->details;
  json["text"] = capsule.text.substr(0, text_bytes_max);
  return json;
}

std::vector<std::string> texts(const Member& from) {
  std::vector<std::string> all;
  for (const auto& one : array(from)) all.push_back(text({one, from.name + ": each"}));
  return all;
}

void read_verdict(const ordered_json& json, Capsule& capsule) {
  if (json.is_null()) return;
  const std::string where = "the violation";
  expect_members(json, where, {"property", "anomaly", "details", "text"});
  capsule.signature = {text(member(json, where, "property")), text(member(json, where, "anomaly")),
                       texts(member(json, where, "details"))};
  capsule.text = text(member(json, where, "text"));
}

const Scenario& scenario_of(const ordered_json& plan, const Simulator& simulator) {
  if (!plan.is_object() || !plan.contains("scenario")) throw Malformed{"the plan lacks 'scenario'"};
  auto name = text(member(plan, "the plan", "scenario"));
  if (const auto* scenario = scenario_named(simulator, name)) return *scenario;
  std::vector<std::string_view> known;
  for (const auto& scenario : simulator.scenarios) known.push_back(scenario.name);
  throw Malformed{"it is of scenario " + in_quotes(name) + ", which this program does not have" +
                  did_you_mean(name, known)};
}

PlayFile file_of_json(const ordered_json& json, const Simulator& simulator) {
  bool is_capsule = json.is_object() && json.contains("capsule");
  PlayFile file;
  if (is_capsule) {
    auto format = integer(member(json, "the capsule", "capsule"), any_min, any_max);
    if (format != Capsule::format)
      throw Malformed{"it is a capsule of format " + std::to_string(format) + ", and this program reads format " +
                      std::to_string(Capsule::format)};
    expect_members(json, "the capsule", {"capsule", "commit", "build", "violation", "notes", "plan", "trace"});
  }
  const auto& plan = is_capsule ? json["plan"] : json;
  file.scenario = &scenario_of(plan, simulator);
  file.plan = plan_of_json(plan, file.scenario->terms);
  if (file.scenario->check)
    if (auto playable = file.scenario->check(*file.scenario, file.plan); !playable)
      throw Malformed{playable.error().detail};
  if (!is_capsule) return file;
  auto& capsule = file.capsule.emplace();
  capsule.plan = file.plan;
  capsule.commit = text(member(json, "the capsule", "commit"));
  capsule.build = text(member(json, "the capsule", "build"));
  read_verdict(json["violation"], capsule);
  capsule.notes = texts(member(json, "the capsule", "notes"));
  capsule.trace = trace_of_json(json["trace"]);
  return file;
}

// The file that is written before it takes the place of the one at `path`.
std::string draft_of(const std::string& path) {
  return path + "." + std::to_string(getpid()) + ".tmp";
}

std::unexpected<Error> unwritable(const std::string& path, const std::string& why) {
  return fail(Errc::io_error, path + ": can't be written: " + why);
}

}  // namespace

std::string capsule_to_json(const Capsule& capsule, const PlanTerms& terms) {
  ordered_json json;
  json["capsule"] = Capsule::format;
  json["commit"] = capsule.commit;
  json["build"] = capsule.build;
  json["violation"] = json_of_verdict(capsule);
  json["notes"] = capsule.notes;
  json["plan"] = json_of_plan(capsule.plan, terms);
  json["trace"] = json_of_trace(capsule.trace);
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<PlayFile> play_file_from_json(const std::string& text, const Simulator& simulator) {
  return caught([&] { return file_of_json(parse(text), simulator); });
}

Result<PlayFile> read_play_file(const std::string& path, const Simulator& simulator) {
  auto wrong = [&](const std::string& what) { return fail(Errc::invalid_argument, path + ": " + what); };
  std::ifstream file(path);
  if (!file) return wrong(std::string("can't be read: ") + strerror(errno));
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return wrong("can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) return wrong("is larger than any plan or capsule");
  auto read = play_file_from_json(text, simulator);
  if (!read) return wrong(read.error().detail);
  return read;
}

std::expected<Capsule, int> record_capsule(const Scenario& scenario, const Plan& plan, const WorkerLimits& limits,
                                           const std::optional<Signature>& wanted) {
  SharedHashes hashes;
  auto played = run_in_worker(limits, {.scenario = &scenario, .plan = plan, .hashes = hashes.get()});
  if (!played) return std::unexpected(played.error());
  Capsule capsule;
  capsule.plan = plan;
  capsule.commit = build_commit();
  capsule.build = build_id();
  const auto& violations = played->life.violations;
  const auto* named = wanted ? find_violation(violations, *wanted) : nullptr;
  if (!named) named = first_violation(violations);
  if (named) {
    capsule.signature = signature_of(*named);
    capsule.text = named->text;
  }
  capsule.trace = *hashes.get();
  return capsule;
}

Result<void> check_capsule_writable(const std::string& path) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return unwritable(path, "it is no ordinary file");
  auto draft = draft_of(path);
  if (!std::ofstream(draft)) return unwritable(path, strerror(errno));
  std::filesystem::remove(draft, error);
  return {};
}

Result<void> write_capsule(const std::string& path, const Capsule& capsule, const PlanTerms& terms) {
  auto draft = draft_of(path);
  std::ofstream file(draft);
  if (!file || !(file << capsule_to_json(capsule, terms)).flush()) {
    auto why = strerror(errno);
    std::remove(draft.c_str());
    return unwritable(path, why);
  }
  file.close();
  if (std::rename(draft.c_str(), path.c_str()) == 0) return {};
  auto failed = unwritable(path, strerror(errno));
  std::remove(draft.c_str());
  return failed;
}

}  // namespace fulmar
