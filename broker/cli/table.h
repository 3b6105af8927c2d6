// Table: rows of words in columns, for people to read and for scripts to split at blanks.
#pragma once

#include <string>
#include <vector>

namespace fulmar {

class Table {
 public:
  // The first row, with the columns' names; none if empty.
  explicit Table(std::vector<std::string> header = {});

  // As many cells as in every other row. An empty cell is shown as "-", so that each row has all columns.
  void add(std::vector<std::string> row);
  // Columns aligned at the left, two blanks between them, none at the ends of lines.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "1,2,3"
template <class Numbers>
std::string joined(const Numbers& numbers) {
  std::string text;
  for (auto number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

}  // namespace fulmar
