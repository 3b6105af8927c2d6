// JsonAnswer: writes an object as JSON, piece by piece: its lists end where it would become too large, and between two
// entries other fibers of the shard get their turn (runtime/fiber/slices.h).
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fulmar {

using ConsoleJson = nlohmann::ordered_json;

class JsonAnswer {
 public:
  explicit JsonAnswer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // `value` is small. Not within a list.
  void add(std::string_view name, const ConsoleJson& value);
  void begin_list(std::string_view name);
  // False if it was left out, since the answer would be larger than it may; so are all later ones of all lists. A
  // cancellation point.
  bool item(const ConsoleJson& entry);
  void end_list();
  // The text. Ends with "truncated": true if entries were left out.
  std::string finish();

 private:
  void separate();

  std::size_t bytes_max_;
  std::string text_ = "{";
  bool first_ = true;       // of the object's members, or of the list's entries
  bool truncated_ = false;  // entries were left out
};

}  // namespace fulmar
