#include "broker/console/json_answer.h"

#include "runtime/base/time.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration entry_work = microseconds(1);
constexpr Duration byte_work = nanoseconds(10);  // of making and writing an entry

// Names and values that are no UTF-8 are shown with replacement characters.
std::string written(const ConsoleJson& value) {
  return value.dump(-1, ' ', false, ConsoleJson::error_handler_t::replace);
}

}  // namespace

void JsonAnswer::separate() {
  if (!first_) text_ += ",\n";
  first_ = false;
}

void JsonAnswer::add(std::string_view name, const ConsoleJson& value) {
  separate();
  text_ += written(name) + ": " + written(value);
}

void JsonAnswer::begin_list(std::string_view name) {
  separate();
  text_ += written(name) + ": [";
  first_ = true;
}

bool JsonAnswer::item(const ConsoleJson& entry) {
  if (truncated_) return false;
  auto one = written(entry);
  work_in_slices(entry_work + byte_work * static_cast<std::int64_t>(one.size()));
  if (text_.size() + one.size() > bytes_max_) {
    truncated_ = true;
    return false;
  }
  separate();
  text_ += one;
  return true;
}

void JsonAnswer::end_list() {
  text_ += "]";
  first_ = false;
}

std::string JsonAnswer::finish() {
  if (truncated_) add("truncated", true);
  return std::move(text_) + "}\n";
}

}  // namespace fulmar
