#include "broker/cli/table.h"

#include <algorithm>
#include <cstdint>

#include "runtime/base/assert.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

// Text that is not a number stays text.
Json number_of(const std::string& text) {
  auto read = Json::parse(text, nullptr, false);
  return read.is_number() ? read : Json(text);
}

std::string key_of(std::string name) {
  for (auto& letter : name) {
    if (letter == '-') letter = '_';
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return name;
}

std::string in_hexadecimal(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[byte >> 4], digits[byte & 15]};
}

// Control characters, and what is no UTF-8, as "\x1b": a name that a client has chosen neither ends a row nor does
// anything to a terminal.
std::string shown(const std::string& cell) {
  if (cell.empty()) return "-";
  const bool utf8 = is_utf8(cell);
  std::string text;
  for (std::size_t at = 0; at < cell.size(); ++at) {
    const auto byte = static_cast<unsigned char>(cell[at]);
    const bool high_control = byte == 0xc2 && at + 1 < cell.size() && static_cast<unsigned char>(cell[at + 1]) < 0xa0;
    if (byte >= ' ' && byte != 0x7f && !high_control && (byte < 0x80 || utf8)) {
      text += cell[at];
      continue;
    }
    text += "\\x" + in_hexadecimal(byte);
    if (high_control && utf8) text += "\\x" + in_hexadecimal(static_cast<unsigned char>(cell[++at]));
  }
  return text;
}

}  // namespace

std::string json_text(const Json& json, int indent) {
  auto text = json.dump(indent, ' ', false, Json::error_handler_t::replace);
  // JSON has others than these escaped: U+0080 to U+009F.
  constexpr char first_byte = '\xc2';
  for (auto at = text.find(first_byte); at != std::string::npos; at = text.find(first_byte, at + 1)) {
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (second < 0xa0) text.replace(at, 2, "\\u00" + in_hexadecimal(second));
  }
  return text;
}

Table::Table(std::vector<std::string> columns) {
  for (auto& name : columns) {
    kinds_.push_back(name.ends_with('#') ? Kind::number : name.ends_with("[]") ? Kind::numbers : Kind::word);
    name.resize(name.size() - (kinds_.back() == Kind::number ? 1 : kinds_.back() == Kind::numbers ? 2 : 0));
  }
  if (!columns.empty()) rows_.push_back(std::move(columns));
}

void Table::add(std::vector<std::string> row) {
  FULMAR_ASSERT(rows_.empty() || row.size() == rows_.front().size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  if (rows_.empty()) return "";
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown(row[i]).size());
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      auto cell = shown(row[i]);
      text += cell;
      if (i + 1 < row.size()) text.append(widths[i] - cell.size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

Json Table::json() const {
  auto all = Json::array();
  for (std::size_t n = 1; n < rows_.size(); ++n) {
    Json object;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
      const auto& cell = rows_[n][i];
      auto& value = object[key_of(rows_[0][i])];
      if (kinds_[i] == Kind::numbers) {
        value = Json::array();
        for (std::size_t begin = 0; begin < cell.size();) {
          auto end = std::min(cell.find(',', begin), cell.size());
          value.push_back(number_of(cell.substr(begin, end - begin)));
          begin = end + 1;
        }
      } else if (!cell.empty()) {
        value = kinds_[i] == Kind::number ? number_of(cell) : Json(cell);
      }
    }
    all.push_back(std::move(object));
  }
  return all;
}

}  // namespace fulmar
