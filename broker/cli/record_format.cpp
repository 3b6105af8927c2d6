#include "broker/cli/record_format.h"

namespace fulmar {

Result<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    char kind = ++i < text.size() ? text[i] : ' ';
    switch (kind) {
      case 'n': plain += '\n'; break;
      case 't': plain += '\t'; break;
      case 'r': plain += '\r'; break;
      case '0': plain += '\0'; break;
      case '\\': plain += '\\'; break;
      default: return fail(Errc::invalid_argument, "after \\ only n, t, r, 0 or \\ has a meaning");
    }
  }
  return plain;
}

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
  FULMAR_TRY(auto plain, unescape(text));
  RecordFormat format;
  format.pieces_.emplace_back();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    auto& piece = format.pieces_.back();
    if (plain[i] != '%') {
      piece.text += plain[i];
      continue;
    }
    char field = ++i < plain.size() ? plain[i] : ' ';
    if (field == '%') {
      piece.text += '%';
    } else if (std::string_view("skoptTSK").contains(field)) {
      piece.field = field;
      format.pieces_.emplace_back();
    } else {
      return fail(Errc::invalid_argument, "after % only s, k, o, p, t, T, S, K or % has a meaning");
    }
  }
  return format;
}

void RecordFormat::append(std::string& to, const std::string& topic, std::int32_t partition,
                          const ReadRecord& record) const {
  auto view = [](const std::optional<Bytes>& bytes) { return bytes ? bytes->view() : std::string_view(); };
  auto size = [](const std::optional<Bytes>& bytes) { return bytes ? std::to_string(bytes->size()) : "-1"; };
  for (const auto& piece : pieces_) {
    to += piece.text;
    switch (piece.field) {
      case 's': to += view(record.value); break;
      case 'k': to += view(record.key); break;
      case 'o': to += std::to_string(record.offset); break;
      case 'p': to += std::to_string(partition); break;
      case 't': to += topic; break;
      case 'T': to += std::to_string(record.timestamp); break;
      case 'S': to += size(record.value); break;
      case 'K': to += size(record.key); break;
      default: break;
    }
  }
}

}  // namespace fulmar
