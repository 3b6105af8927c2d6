// TraceEvents: writes a file of the Trace Event Format, event by event ("Trace Event Format", Google, 2016).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>

#include "runtime/base/time.h"

namespace fulmar {

class TraceEvents {
 public:
  using Arguments = nlohmann::ordered_json;
  // Processes are numbered from 1 on; threads within each from 0 on.
  struct Track {
    int process = 0;
    int thread = 0;
    auto operator<=>(const Track&) const = default;
  };
  static constexpr int threads_max = 1000;  // of a process

  explicit TraceEvents(std::ostream& out);
  // Ends the file.
  ~TraceEvents();
  TraceEvents(const TraceEvents&) = delete;
  TraceEvents& operator=(const TraceEvents&) = delete;

  // Names are told once, before or after what happens there; processes are shown by their numbers.
  void name_process(int process, const std::string& name);
  void name_thread(const Track& track, const std::string& name);

  // Something at a moment: an instant for a thread, a process or all.
  enum class Scope : char { thread = 't', process = 'p', all = 'g' };
  void instant(const Track& track, Scope scope, Instant at, const char* category, const std::string& name,
               Arguments arguments);
  // Something that took time, and that may overlap with others of its track: `id` tells those of a category apart.
  void span(const Track& track, Instant from, Instant to, const char* category, std::uint64_t id,
            const std::string& name, Arguments arguments);
  // The same without an end.
  void open_span(const Track& track, Instant from, const char* category, std::uint64_t id, const std::string& name,
                 Arguments arguments);
  // A short slice at which a flow begins or ends. Those of a track come by time.
  void flow_begins(const Track& track, Instant at, std::uint64_t id, const std::string& name, Arguments arguments);
  void flow_ends(const Track& track, Instant at, std::uint64_t id, const std::string& name, Arguments arguments);
  void slice(const Track& track, Instant at, const std::string& name, Arguments arguments);
  void counter(int process, Instant at, const std::string& name, double value);

 private:
  using Json = nlohmann::ordered_json;
  static Json event(char phase, const Track& track, Instant at, const char* category, const std::string& name);
  void write(const Json& event);

  std::ostream& out_;
  bool first_ = true;
};

}  // namespace fulmar
