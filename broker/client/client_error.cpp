#include "broker/client/client_error.h"

#include <string_view>

namespace fulmar {

namespace {

ErrorCode code_of(Errc code) {
  switch (code) {
    case Errc::timed_out: return ErrorCode::request_timed_out;
    case Errc::unsupported: return ErrorCode::unsupported_version;
    case Errc::corrupt: return ErrorCode::corrupt_message;
    case Errc::invalid_argument: return ErrorCode::invalid_request;
    default: return ErrorCode::network_exception;
  }
}

}  // namespace

ClientError::ClientError(Error error) : code(code_of(error.code)), detail(std::move(error.detail)) {}

bool may_be_made(const ClientError& error) {
  return error.code == ErrorCode::request_timed_out || error.code == ErrorCode::network_exception;
}

ClientError with_doubt(ClientError error, bool unanswered, ErrorCode doubtful) {
  if (unanswered && error.code == doubtful) error.detail += " (an earlier try got no answer, and may have done it)";
  return error;
}

std::string to_string(const ClientError& error) {
  if (error.code == ErrorCode::none) return error.detail;
  std::string text = error_code_name(error.code);
  if (text == "UNKNOWN") text += "(" + std::to_string(static_cast<int>(error.code)) + ")";
  if (!error.detail.empty()) text += ": " + error.detail;
  return text;
}

}  // namespace fulmar
