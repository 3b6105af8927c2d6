#include "broker/groups/topic_pattern.h"

#include <re2/re2.h>

namespace fulmar {

Result<TopicPattern> TopicPattern::compile(const std::string& expression) {
  if (expression.size() > expression_max)
    return fail(Errc::invalid_argument, "it is longer than " + std::to_string(expression_max) + " bytes");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_max);
  auto compiled = std::make_shared<const re2::RE2>(expression, options);
  if (!compiled->ok()) return fail(Errc::invalid_argument, compiled->error());
  return TopicPattern(std::move(compiled));
}

bool TopicPattern::matches(const std::string& topic) const {
  return re2::RE2::FullMatch(topic, *compiled_);
}

}  // namespace fulmar
