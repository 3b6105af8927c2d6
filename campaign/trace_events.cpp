#include "campaign/trace_events.h"

namespace fulmar {

namespace {

constexpr const char* flow_category = "message";
constexpr double slice_us = 0.001;  // the shortest that a viewer can attach a flow to

double in_us(Instant at) {
  return static_cast<double>(at.ns) / 1e3;
}

// Viewers take the numbers of threads for the system's, which are those of one process only.
int thread_number(const TraceEvents::Track& track) {
  return track.process * TraceEvents::threads_max + track.thread;
}

}  // namespace

TraceEvents::TraceEvents(std::ostream& out) : out_(out) {
  out_ << R"({"displayTimeUnit":"ms","traceEvents":[)";
}

TraceEvents::~TraceEvents() {
  out_ << "\n]}\n";
}

TraceEvents::Json TraceEvents::event(char phase, const Track& track, Instant at, const char* category,
                                     const std::string& name) {
  return {{"ph", std::string(1, phase)},
          {"pid", track.process},
          {"tid", thread_number(track)},
          {"ts", in_us(at)},
          {"cat", category},
          {"name", name}};
}

void TraceEvents::write(const Json& event) {
  out_ << (first_ ? "\n" : ",\n") << event.dump(-1, ' ', false, Json::error_handler_t::replace);
  first_ = false;
}

void TraceEvents::name_process(int process, const std::string& name) {
  write({{"ph", "M"}, {"pid", process}, {"name", "process_name"}, {"args", {{"name", name}}}});
  write({{"ph", "M"}, {"pid", process}, {"name", "process_sort_index"}, {"args", {{"sort_index", process}}}});
}

void TraceEvents::name_thread(const Track& track, const std::string& name) {
  write({{"ph", "M"},
         {"pid", track.process},
         {"tid", thread_number(track)},
         {"name", "thread_name"},
         {"args", {{"name", name}}}});
  write({{"ph", "M"},
         {"pid", track.process},
         {"tid", thread_number(track)},
         {"name", "thread_sort_index"},
         {"args", {{"sort_index", track.thread}}}});
}

void TraceEvents::instant(const Track& track, Scope scope, Instant at, const char* category, const std::string& name,
                          Arguments arguments) {
  auto made = event('i', track, at, category, name);
  made["s"] = std::string(1, static_cast<char>(scope));
  made["args"] = std::move(arguments);
  write(made);
}

void TraceEvents::open_span(const Track& track, Instant from, const char* category, std::uint64_t id,
                            const std::string& name, Arguments arguments) {
  auto begin = event('b', track, from, category, name);
  begin["id"] = id;
  begin["args"] = std::move(arguments);
  write(begin);
}

void TraceEvents::span(const Track& track, Instant from, Instant to, const char* category, std::uint64_t id,
                       const std::string& name, Arguments arguments) {
  open_span(track, from, category, id, name, std::move(arguments));
  auto end = event('e', track, to, category, name);
  end["id"] = id;
  write(end);
}

void TraceEvents::slice(const Track& track, Instant at, const std::string& name, Arguments arguments) {
  auto made = event('X', track, at, flow_category, name);
  made["dur"] = slice_us;
  made["args"] = std::move(arguments);
  write(made);
}

void TraceEvents::flow_begins(const Track& track, Instant at, std::uint64_t id, const std::string& name,
                              Arguments arguments) {
  slice(track, at, name, std::move(arguments));
  auto flow = event('s', track, at, flow_category, "message");
  flow["id"] = id;
  write(flow);
}

void TraceEvents::flow_ends(const Track& track, Instant at, std::uint64_t id, const std::string& name,
                            Arguments arguments) {
  slice(track, at, name, std::move(arguments));
  auto flow = event('f', track, at, flow_category, "message");
  flow["id"] = id;
  flow["bp"] = "e";
  write(flow);
}

void TraceEvents::counter(int process, Instant at, const std::string& name, double value) {
  write({{"ph", "C"}, {"pid", process}, {"ts", in_us(at)}, {"name", name}, {"args", {{"value", value}}}});
}

}  // namespace fulmar
