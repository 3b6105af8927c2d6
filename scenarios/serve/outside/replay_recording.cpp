#include <cstdio>
#include <fstream>

#include "campaign/build_commit.h"
#include "campaign/exit_codes.h"
#include "scenarios/serve/outside/live_session.h"
#include "scenarios/serve/outside/serve_command.h"
#include "scenarios/serve/recording.h"

namespace fulmar {

namespace {

int refuse(const std::string& path, const std::string& what) {
  std::fprintf(stderr, "fulmar-sim: %s: %s\n", path.c_str(), what.c_str());
  return exit_usage;
}

int tell_end(ServedSession& session, const RecordingHead& head, const std::optional<RecordingEnd>& end) {
  std::printf("\n%.3f s of virtual time, %llu events, trace hash %016llx\n",
              static_cast<double>(session.now().ns / 1'000'000) / 1000,
              static_cast<unsigned long long>(session.world().trace().events()),
              static_cast<unsigned long long>(session.hash()));
  auto violations = session.violations();
  for (const auto& violation : violations)
    std::printf("VIOLATION of %s: %s: %s\n", violation.property.c_str(), violation.anomaly.c_str(),
                violation.text.c_str());
  if (!end) {
    std::printf("the recording has no end: the session was cut short, and has no hash to compare with\n");
  } else if (end->hash == session.hash()) {
    std::printf("the same as the recorded session\n");
  } else {
    bool same_code = head.commit == build_commit();
    std::printf("NOT the recorded session, which has hash %016llx, %llu events%s\n",
                static_cast<unsigned long long>(end->hash), static_cast<unsigned long long>(end->events),
                same_code ? "" : (" and was made by another version, " + head.commit).c_str());
    if (same_code) return exit_nondeterminism;
  }
  return violations.empty() ? 0 : exit_violation;
}

}  // namespace

std::optional<int> replay_recording(const std::string& path, bool trace) {
  std::ifstream file(path, std::ios::binary);
  std::string beginning(64, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  if (!is_recording(beginning)) return std::nullopt;
  file.clear();
  file.seekg(0);
  RecordingReader reader(file);
  auto head = reader.head();
  if (!head) return refuse(path, head.error().detail);
  ServedSession session(
      head->setup, [](Instant at, const std::string& what) { std::printf("%s%s\n", stamp(at).c_str(), what.c_str()); });
  if (trace)
    session.world().trace().set_sink([](Instant at, std::string_view line) {
      std::printf("%s%.*s\n", stamp(at).c_str(), static_cast<int>(line.size()), line.data());
    });
  if (auto formed = session.form(); !formed) return refuse(path, formed.error().detail);
  std::optional<RecordingEnd> end;
  for (;;) {
    auto entry = reader.next();
    if (!entry) return refuse(path, entry.error().detail);
    if (!*entry) break;
    auto at = std::visit([](const auto& one) { return one.at; }, **entry);
    if (at < session.now()) return refuse(path, "it has an event before the cluster has formed");
    session.run_until(at);
    if (auto* last = std::get_if<RecordingEnd>(&**entry)) {
      end = *last;
      continue;
    }
    const auto& event = std::get<OutsideEvent>(**entry);
    if (auto possible = session.check(event); !possible) return refuse(path, possible.error().detail);
    if (event.what != OutsideEvent::What::opened) session.take(event.connection);  // what the client was sent
    session.apply(event);
  }
  return tell_end(session, *head, end);
}

}  // namespace fulmar
