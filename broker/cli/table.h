// Table: rows of words in columns, for people to read and for scripts to split at blanks; or the same as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fulmar {

using Json = nlohmann::ordered_json;

// The text of `json`, in one line if `indent` is negative. Names that clients have chosen do nothing to a terminal
// either: what is no UTF-8 in them is replaced, and control characters are escaped.
std::string json_text(const Json& json, int indent);

class Table {
 public:
  // The first row, with the columns' names; none if empty. A name that ends with '#' marks a column of numbers, one
  // with "[]" of lists of numbers, as joined() makes them; the marks only affect JSON, and are not shown.
  explicit Table(std::vector<std::string> columns = {});

  // As many cells as in every other row. An empty cell is shown as "-", so that each row has all columns.
  void add(std::vector<std::string> row);
  // Columns aligned at the left, two blanks between them, none at the ends of lines.
  std::string text() const;
  // An object for each row but the first, with the columns' names in small letters and '_' for '-'. An empty cell is
  // null, an empty list empty.
  Json json() const;

 private:
  enum class Kind : unsigned char { word, number, numbers };

  std::vector<Kind> kinds_;
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
