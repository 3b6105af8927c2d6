#include "broker/cli/table.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

Table::Table(std::vector<std::string> header) {
  if (!header.empty()) rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> row) {
  ASSERT(rows_.empty() || row.size() == rows_.front().size());
  for (auto& cell : row)
    if (cell.empty()) cell.push_back('-');
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  if (rows_.empty()) return "";
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace fulmar
