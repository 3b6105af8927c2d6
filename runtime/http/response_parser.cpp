#include "runtime/http/response_parser.h"

#include <http_parser.h>

#include <utility>

#include "runtime/base/assert.h"
#include "runtime/http/header_collector.h"

namespace fulmar {

namespace {

constexpr int interim_end = 200;  // statuses below are of responses that another one follows
constexpr int switching_protocols = 101;
constexpr int status_end = 600;

}  // namespace

struct HttpResponseParser::State {
  explicit State(HttpSizes s) : sizes(s) {
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = this;
  }

  static State& of(http_parser* p) { return *static_cast<State*>(p->data); }

  int refuse(std::string sentence) {
    error = std::move(sentence);
    return -1;  // which ends http_parser_execute()
  }
  int refuse_head() { return refuse("its head is longer than " + std::to_string(sizes.head_bytes_max) + " bytes"); }
  int refuse_body() { return refuse("its body is longer than " + std::to_string(sizes.body_bytes_max) + " bytes"); }

  bool has_room_in_head(std::size_t bytes) {
    head_bytes += bytes;
    return head_bytes <= sizes.head_bytes_max;
  }

  void begin() {
    answer = {};
    headers = {};
    head_done = false;
    begun = true;
  }

  int head_is_there() {
    answer.headers = headers.take();
    head_done = true;
    answer.status = static_cast<int>(parser.status_code);
    if (parser.http_major != 1) return refuse("it is neither HTTP/1.0 nor HTTP/1.1");
    if (answer.status < 100 || answer.status >= status_end) return refuse("its status is none");
    if (answer.status == switching_protocols) return refuse("it changes the protocol, which nobody has asked for");
    bool has_length = parser.content_length != ULLONG_MAX && !(parser.flags & F_CHUNKED);
    if (has_length && parser.content_length > sizes.body_bytes_max) return refuse_body();
    return 0;
  }

  static http_parser_settings callbacks() {
    http_parser_settings all;
    http_parser_settings_init(&all);
    all.on_message_begin = [](http_parser* p) {
      of(p).begin();
      return 0;
    };
    all.on_status = [](http_parser* p, const char*, std::size_t length) {
      return of(p).has_room_in_head(length) ? 0 : of(p).refuse_head();
    };
    all.on_header_field = [](http_parser* p, const char* at, std::size_t length) {
      auto& state = of(p);
      if (!state.has_room_in_head(length)) return state.refuse_head();
      if (state.head_done) return 0;  // a trailer: nothing here has a meaning for it
      state.headers.name({at, length});
      return 0;
    };
    all.on_header_value = [](http_parser* p, const char* at, std::size_t length) {
      auto& state = of(p);
      if (!state.has_room_in_head(length)) return state.refuse_head();
      if (state.head_done) return 0;
      state.headers.value({at, length});
      return 0;
    };
    all.on_headers_complete = [](http_parser* p) {
      // The library takes 1 and 2 for instructions, and any other number than 0 for an error.
      return of(p).head_is_there();
    };
    all.on_body = [](http_parser* p, const char* at, std::size_t length) {
      auto& state = of(p);
      if (state.answer.body.size() + length > state.sizes.body_bytes_max) return state.refuse_body();
      state.answer.body.append(at, length);
      return 0;
    };
    all.on_message_complete = [](http_parser* p) {
      auto& state = of(p);
      if (state.answer.status < interim_end) {
        // An empty head costs as well, so that they are not endless.
        constexpr std::size_t status_line_bytes = 16;
        return state.has_room_in_head(status_line_bytes) ? 0 : state.refuse_head();
      }
      state.complete = true;
      http_parser_pause(p, 1);
      return 0;
    };
    return all;
  }

  void execute(std::string_view bytes) {
    static const http_parser_settings settings = callbacks();
    http_parser_execute(&parser, &settings, bytes.data(), bytes.size());
    if (complete || !error.empty()) return;
    auto code = HTTP_PARSER_ERRNO(&parser);
    if (code == HPE_HEADER_OVERFLOW)
      refuse_head();
    else if (code != HPE_OK)
      refuse(std::string("it is malformed: ") + http_errno_description(code));
  }

  HttpSizes sizes;
  http_parser parser{};
  HttpAnswer answer;
  HeaderCollector headers;
  bool head_done = false;
  bool begun = false;
  bool complete = false;
  std::size_t head_bytes = 0;
  std::string error;
};

HttpResponseParser::HttpResponseParser(HttpSizes sizes) : state_(std::make_unique<State>(sizes)) {}

HttpResponseParser::~HttpResponseParser() = default;

void HttpResponseParser::feed(std::string_view bytes) {
  FULMAR_ASSERT(state_->error.empty());
  if (!state_->complete && !bytes.empty()) state_->execute(bytes);
}

void HttpResponseParser::end() {
  FULMAR_ASSERT(state_->error.empty());
  if (state_->complete) return;
  if (state_->begun) state_->execute({});  // which the library takes for the end of the stream
  if (!state_->complete && state_->error.empty()) state_->refuse("the connection ended before there was one");
}

bool HttpResponseParser::complete() const {
  return state_->complete;
}

HttpAnswer HttpResponseParser::take() {
  FULMAR_ASSERT(state_->complete);
  return std::move(state_->answer);
}

std::string_view HttpResponseParser::error() const {
  return state_->error;
}

}  // namespace fulmar
