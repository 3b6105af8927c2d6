// A recording: a session of `serve` as text, from which it can be played again without its clients. One JSON object per
// line: first the setup, then each event from outside with its virtual time, at the end the trace hash. A session that
// was cut short has no end, and perhaps half a last line.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

#include "scenarios/serve/session.h"

namespace fulmar {

struct RecordingEnd {
  Instant at;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;  // of the trace

  bool operator==(const RecordingEnd&) const = default;
};

struct RecordingHead {
  static constexpr std::int64_t format = 1;  // a program reads its own only

  std::string commit;  // of the program that made it
  SessionSetup setup;

  bool operator==(const RecordingHead&) const = default;
};

// Each is a line, with its newline.
std::string to_line(const RecordingHead& head);
std::string to_line(const OutsideEvent& event);
std::string to_line(const RecordingEnd& end);

// Whether a file that begins with this text is a recording, of whatever format.
bool is_recording(std::string_view beginning);

class RecordingReader {
 public:
  explicit RecordingReader(std::istream& in) : in_(in) {}

  // The first line. Errors, of this and next(): invalid_argument, in one sentence with the line's number.
  Result<RecordingHead> head();
  // nullopt after the last one. Times ascend.
  using Entry = std::variant<OutsideEvent, RecordingEnd>;
  Result<std::optional<Entry>> next();

 private:
  static constexpr std::size_t line_bytes_max = 4 << 20;
  Result<std::optional<std::string>> line();
  std::unexpected<Error> wrong(const std::string& what) const;

  std::istream& in_;
  std::uint64_t lines_ = 0;
  Instant last_;
  bool ended_ = false;
};

}  // namespace fulmar
