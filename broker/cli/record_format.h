// RecordFormat: formats a record by a text with % and \ sequences, a subset of kcat's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/record_builder.h"

namespace fulmar {

// \n \t \r \0 \\ as the characters they stand for. Errors: invalid_argument, for any other.
Result<std::string> unescape(std::string_view text);

class RecordFormat {
 public:
  // %s value, %k key, %o offset, %p partition, %t topic, %T timestamp in ms, %S and %K the sizes of value and key (-1:
  // null), %% a percent sign. Nothing is put between records. Errors: invalid_argument, for any other.
  static Result<RecordFormat> parse(std::string_view text);

  void append(std::string& to, const std::string& topic, std::int32_t partition, const ReadRecord& record) const;

 private:
  struct Piece {
    std::string text;
    char field = 0;  // follows the text; 0: none
  };
  std::vector<Piece> pieces_;
};

}  // namespace fulmar
