// The configuration of a login module as Kafka's sasl.jaas.config has it (the syntax of Java's JAAS files, one entry):
//
//   org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="s" user_bob="t";
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

struct JaasEntry {
  std::string module;
  std::map<std::string, std::string> options;
};

// Errors: invalid_argument, with what is wrong; no value is quoted, since values are passwords.
Result<JaasEntry> parse_jaas(std::string_view text);

}  // namespace fulmar
