#include "scenarios/serve/recording.h"

#include <charconv>
#include <istream>

#include "faults/plan_json.h"
#include "faults/strict_json.h"
#include "runtime/base/assert.h"
#include "runtime/base/base64.h"
#include "scenarios/serve/served_plan.h"

namespace fulmar {

namespace {

using namespace strict_json;

constexpr const char* format_name = "fulmar_recording";
constexpr std::int64_t ports_max = 65'535;
constexpr std::int64_t after_ms_max = 3'600'000;
constexpr std::int64_t wall_ms_max = 4'000'000'000'000;  // in the year 2096

std::string hex(std::uint64_t number) {
  char digits[17];
  auto end = std::to_chars(digits, digits + 16, number, 16).ptr;
  return std::string(16 - static_cast<std::size_t>(end - digits), '0') + std::string(digits, end);
}

std::uint64_t number_of_hex(const Member& from) {
  auto digits = text(from);
  std::uint64_t number = 0;
  auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || rest != digits.data() + digits.size() || digits.size() != 16)
    throw Malformed{from.name + " must have 16 hexadecimal digits"};
  return number;
}

bool truth(const Member& from) {
  if (!from.value.is_boolean()) throw Malformed{from.name + " must be true or false"};
  return from.value.get<bool>();
}

ServedTopic topic_from(const ordered_json& json) {
  const std::string where = "the topic";
  expect_members(json, where, {"name", "partitions", "factor"});
  return {text(member(json, where, "name")),
          static_cast<std::int32_t>(integer(member(json, where, "partitions"), 1, 1000)),
          static_cast<std::int16_t>(integer(member(json, where, "factor"), -1, 1000))};
}

SessionSetup setup_from(const ordered_json& json, const std::string& where) {
  SessionSetup setup;
  setup.plan = plan_of_json(member(json, where, "plan").value, served_terms());
  if (auto checked = check_served_plan(setup.plan); !checked) throw Malformed{checked.error().detail};
  for (const auto& port : array(member(json, where, "ports")))
    setup.ports.push_back(static_cast<std::uint16_t>(integer({port, "the port"}, 1, ports_max)));
  if (setup.ports.size() != static_cast<std::size_t>(setup.plan.settings.at("brokers")))
    throw Malformed{"'ports' must have one for each broker"};
  for (const auto& topic : array(member(json, where, "topics"))) setup.topics.push_back(topic_from(topic));
  setup.after = milliseconds(integer(member(json, where, "after_ms"), 0, after_ms_max));
  setup.calm = truth(member(json, where, "calm"));
  setup.wall_ms = integer(member(json, where, "wall_ms"), 0, wall_ms_max);
  if (const auto& kinds = member(json, where, "kinds"); !kinds.value.is_null()) {
    setup.kinds.emplace();
    for (const auto& kind : array(kinds)) setup.kinds->push_back(text({kind, "the kind of fault"}));
  }
  return setup;
}

RecordingHead head_from(const ordered_json& json) {
  const std::string where = "the recording";
  if (!json.is_object() || !json.contains(format_name)) throw Malformed{"it is no recording of serve"};
  auto format = integer(member(json, where, format_name), 0, any_max);
  if (format != RecordingHead::format)
    throw Malformed{"it has format " + std::to_string(format) + ", and this program reads format " +
                    std::to_string(RecordingHead::format)};
  expect_members(json, where,
                 {format_name, "commit", "plan", "ports", "topics", "after_ms", "calm", "wall_ms", "kinds"});
  return {text(member(json, where, "commit")), setup_from(json, where)};
}

Instant at_from(const ordered_json& json, const std::string& where) {
  return Instant{integer(member(json, where, "at_ns"), 0, any_max)};
}

RecordingReader::Entry entry_from(const ordered_json& json) {
  using What = OutsideEvent::What;
  const std::string where = "the event";
  if (json.is_object() && json.contains("trace_hash")) {
    expect_members(json, where, {"at_ns", "trace_hash", "events"});
    return RecordingEnd{at_from(json, where), number_of_hex(member(json, where, "trace_hash")),
                        not_negative(member(json, where, "events"))};
  }
  constexpr std::pair<const char*, What> sorts[] = {{"opened", What::opened},
                                                    {"bytes", What::bytes},
                                                    {"ended", What::ended},
                                                    {"closed", What::closed},
                                                    {"acknowledged", What::acknowledged}};
  for (const auto& [name, what] : sorts) {
    if (!json.is_object() || !json.contains(name)) continue;
    expect_members(json, where, {"at_ns", "connection", name});
    OutsideEvent event{
        .at = at_from(json, where), .connection = not_negative(member(json, where, "connection")), .what = what};
    auto value = member(json, where, name);
    if (what == What::bytes) {
      auto bytes = from_base64(text(value));
      if (!bytes || bytes->empty()) throw Malformed{"'bytes' must be base64, and not empty"};
      event.bytes = Bytes::copy_of(*bytes);
    } else if (what == What::opened || what == What::acknowledged) {
      event.count = not_negative(value);
    } else if (!truth(value)) {
      throw Malformed{value.name + " must be true"};
    }
    return event;
  }
  throw Malformed{"it is no event that this program knows"};
}

}  // namespace

std::string to_line(const RecordingHead& head) {
  const auto& setup = head.setup;
  ordered_json json;
  json[format_name] = RecordingHead::format;
  json["commit"] = head.commit;
  json["plan"] = json_of_plan(setup.plan, served_terms());
  json["ports"] = setup.ports;
  json["topics"] = ordered_json::array();
  for (const auto& [name, partitions, factor] : setup.topics)
    json["topics"].push_back({{"name", name}, {"partitions", partitions}, {"factor", factor}});
  json["after_ms"] = setup.after / milliseconds(1);
  json["calm"] = setup.calm;
  json["wall_ms"] = setup.wall_ms;
  json["kinds"] = setup.kinds ? ordered_json(*setup.kinds) : ordered_json();
  return json.dump() + "\n";
}

std::string to_line(const OutsideEvent& event) {
  using What = OutsideEvent::What;
  auto line = "{\"at_ns\":" + std::to_string(event.at.ns) + ",\"connection\":" + std::to_string(event.connection);
  switch (event.what) {
    case What::opened: line += ",\"opened\":" + std::to_string(event.count); break;
    case What::bytes: line += ",\"bytes\":\"" + to_base64(event.bytes.view()) + "\""; break;
    case What::ended: line += ",\"ended\":true"; break;
    case What::closed: line += ",\"closed\":true"; break;
    case What::acknowledged: line += ",\"acknowledged\":" + std::to_string(event.count); break;
  }
  return line + "}\n";
}

std::string to_line(const RecordingEnd& end) {
  return "{\"at_ns\":" + std::to_string(end.at.ns) + ",\"trace_hash\":\"" + hex(end.hash) +
         "\",\"events\":" + std::to_string(end.events) + "}\n";
}

bool is_recording(std::string_view beginning) {
  return beginning.starts_with("{\"" + std::string(format_name) + "\"");
}

std::unexpected<Error> RecordingReader::wrong(const std::string& what) const {
  return fail(Errc::invalid_argument, "line " + std::to_string(lines_) + ": " + what);
}

// nullopt at the end, and for half a last line.
Result<std::optional<std::string>> RecordingReader::line() {
  std::string text;
  if (!std::getline(in_, text) || in_.eof()) return std::nullopt;
  ++lines_;
  if (text.size() > line_bytes_max) return wrong("it is too long");
  return text;
}

Result<RecordingHead> RecordingReader::head() {
  FULMAR_ASSERT(lines_ == 0);
  FULMAR_TRY(auto text, line());
  if (!text) return wrong("the recording is empty");
  auto head = caught([&] { return head_from(parse(*text)); });
  if (!head) return wrong(head.error().detail);
  return head;
}

Result<std::optional<RecordingReader::Entry>> RecordingReader::next() {
  FULMAR_TRY(auto text, line());
  if (!text) return std::nullopt;
  if (ended_) return wrong("there is something after the end");
  auto entry = caught([&] { return entry_from(parse(*text)); });
  if (!entry) return wrong(entry.error().detail);
  auto at = std::visit([](const auto& one) { return one.at; }, *entry);
  if (at < last_) return wrong("it is earlier than what is before it");
  last_ = at;
  ended_ = std::holds_alternative<RecordingEnd>(*entry);
  return std::optional<Entry>(std::move(*entry));
}

}  // namespace fulmar
