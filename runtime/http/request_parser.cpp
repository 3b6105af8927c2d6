#include "runtime/http/request_parser.h"

#include <http_parser.h>

#include <string>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/http/header_collector.h"

namespace fulmar {

struct HttpRequestParser::State {
  explicit State(HttpSizes s) : sizes(s) {
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = this;
  }

  static State& of(http_parser* p) { return *static_cast<State*>(p->data); }

  int refuse(int status, std::string sentence) {
    error_status = status;
    error = std::move(sentence);
    return -1;  // which ends http_parser_execute()
  }

  // Whether so many more bytes of the head can be kept.
  bool has_room_in_head(std::size_t bytes) {
    head_bytes += bytes;
    return head_bytes <= sizes.head_bytes_max;
  }
  int refuse_head() {
    return refuse(
        431, "the request's target and headers are longer than " + std::to_string(sizes.head_bytes_max) + " bytes");
  }
  int refuse_body() {
    return refuse(413, "the body is longer than " + std::to_string(sizes.body_bytes_max) + " bytes");
  }

  int head_is_there() {
    request.headers = headers.take();
    request.method = http_method_str(static_cast<http_method>(parser.method));
    if (parser.http_major != 1) return refuse(505, "only HTTP/1.0 and HTTP/1.1 are served");
    bool is_1_1 = parser.http_minor >= 1;
    if (is_1_1 && !request.headers.contains("host")) return refuse(400, "the header Host is missing");
    http_parser_url parts;
    http_parser_url_init(&parts);
    bool connects = parser.method == HTTP_CONNECT;
    if (target != "*" && http_parser_parse_url(target.data(), target.size(), connects, &parts) != 0)
      return refuse(400, "the request's target is malformed");
    auto part = [&](http_parser_url_fields field) {
      if (!(parts.field_set & (1U << field))) return std::string();
      return target.substr(parts.field_data[field].off, parts.field_data[field].len);
    };
    request.path = target == "*" ? target : part(UF_PATH);
    request.query = part(UF_QUERY);
    bool has_length = parser.content_length != ULLONG_MAX && !(parser.flags & F_CHUNKED);
    if (has_length && parser.content_length > sizes.body_bytes_max) return refuse_body();
    if (auto expects = in_lower_case(std::string(request.header("expect"))); !expects.empty()) {
      if (expects != "100-continue") return refuse(417, "the only expectation that is served is 100-continue");
      wishes_to_continue = is_1_1;
    }
    head_done = true;
    return 0;
  }

  static http_parser_settings callbacks() {
    http_parser_settings all;
    http_parser_settings_init(&all);
    all.on_message_begin = [](http_parser* p) {
      of(p).begun = true;
      return 0;
    };
    all.on_url = [](http_parser* p, const char* at, std::size_t length) {
      auto& state = of(p);
      if (!state.has_room_in_head(length)) return state.refuse_head();
      state.target.append(at, length);
      return 0;
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
      if (state.request.body.size() + length > state.sizes.body_bytes_max) return state.refuse_body();
      state.request.body.append(at, length);
      return 0;
    };
    all.on_message_complete = [](http_parser* p) {
      auto& state = of(p);
      state.complete = true;
      state.wishes_to_continue = false;
      // What follows an upgrade or CONNECT, which are not served, would be of another protocol.
      state.request.keep_alive = http_should_keep_alive(p) != 0 && p->upgrade == 0;
      http_parser_pause(p, 1);
      return 0;
    };
    return all;
  }

  HttpSizes sizes;
  http_parser parser{};
  std::string target;
  HeaderCollector headers;
  bool head_done = false;
  bool begun = false;
  bool complete = false;
  bool wishes_to_continue = false;
  std::size_t head_bytes = 0;
  HttpRequest request;
  int error_status = 0;
  std::string error;
};

HttpRequestParser::HttpRequestParser(HttpSizes sizes) : state_(std::make_unique<State>(sizes)) {}

HttpRequestParser::~HttpRequestParser() = default;

std::size_t HttpRequestParser::feed(std::string_view bytes) {
  FULMAR_ASSERT(state_->error_status == 0);
  if (state_->complete || bytes.empty()) return 0;
  static const http_parser_settings settings = State::callbacks();
  auto& parser = state_->parser;
  auto taken = http_parser_execute(&parser, &settings, bytes.data(), bytes.size());
  if (state_->complete || state_->error_status != 0) return taken;
  auto error = HTTP_PARSER_ERRNO(&parser);
  if (error == HPE_OK) return taken;
  if (error == HPE_HEADER_OVERFLOW)
    state_->refuse_head();
  else if (error == HPE_INVALID_VERSION)
    state_->refuse(505, "only HTTP/1.0 and HTTP/1.1 are served");
  else
    state_->refuse(400, std::string("the request is malformed: ") + http_errno_description(error));
  return taken;
}

bool HttpRequestParser::complete() const {
  return state_->complete;
}

HttpRequest HttpRequestParser::take() {
  FULMAR_ASSERT(state_->complete);
  auto request = std::move(state_->request);
  state_ = std::make_unique<State>(state_->sizes);
  return request;
}

bool HttpRequestParser::begun() const {
  return state_->begun && !state_->complete;
}

bool HttpRequestParser::take_wish_to_continue() {
  return std::exchange(state_->wishes_to_continue, false);
}

int HttpRequestParser::error_status() const {
  return state_->error_status;
}

std::string_view HttpRequestParser::error() const {
  return state_->error;
}

}  // namespace fulmar
