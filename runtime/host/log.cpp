#include "runtime/host/log.h"

#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

// Clients and peers give names to things: none may end the line, nor be more than text to a terminal.
void append_text(std::string& line, std::string_view text, bool in_quotes) {
  const bool utf8 = is_utf8(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    const bool high_control = byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (in_quotes && (c == '"' || c == '\\')) {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < ' ' || byte == 0x7f || high_control || (byte >= 0x80 && !utf8)) {
      line += '?';
      if (high_control && utf8) ++at;
    } else {
      line += c;
    }
  }
}

// Quotes values with spaces, quotes or control bytes, so that each entry stays one line that can be split into fields.
void append_value(std::string& line, std::string_view value) {
  bool plain = !value.empty();
  for (char c : value) plain = plain && c > ' ' && c != '"' && c != '=' && c != 0x7f;
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  append_text(line, value, true);
  line += '"';
}

}  // namespace

std::string log_text(std::string_view message, LogFields fields) {
  std::string line;
  append_text(line, message, false);
  for (const auto& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

}  // namespace fulmar
