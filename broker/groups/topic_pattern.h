// TopicPattern: a regular expression that a consumer subscribes to topics by (KIP-848), in RE2's syntax. Matching takes
// time linear in the name's length, whatever the expression.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "runtime/base/result.h"

namespace re2 {
class RE2;
}

namespace fulmar {

class TopicPattern {
 public:
  // The longest expression, which is far more than topic names need; and the most memory that a compiled one takes. In
  // bytes.
  static constexpr std::size_t expression_max = 4'096;
  static constexpr std::size_t memory_max = std::size_t{1} << 20;

  // Errors: invalid_argument, with what is wrong with the expression.
  static Result<TopicPattern> compile(const std::string& expression);

  // Whether it matches the whole name, as in Kafka.
  bool matches(const std::string& topic) const;

 private:
  explicit TopicPattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace fulmar
