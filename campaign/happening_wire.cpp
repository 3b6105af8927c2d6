#include "campaign/happening_wire.h"

#include <cstring>

namespace fulmar {

namespace {

constexpr std::uint64_t none = ~std::uint64_t{0};

class Writer {
 public:
  void put(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(std::string_view text) {
    put(text.size());
    bytes_.append(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) return fail();
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    auto size = number();
    if (size > rest_.size()) fail();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(value.size());
    return value;
  }
  bool good() const { return !failed_; }
  bool complete() const { return !failed_ && rest_.empty(); }

 private:
  std::uint64_t fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string encode(const Happening& happening) {
  Writer out;
  out.put(static_cast<std::uint64_t>(happening.kind));
  out.put(happening.number);
  out.put(happening.events);
  out.put(static_cast<std::uint64_t>(happening.at.ns));
  out.put(happening.where ? happening.where->node : none);
  out.put(happening.where && happening.where->shard ? *happening.where->shard : none);
  out.put(happening.peer.value_or(none));
  out.put(happening.cause);
  out.put(happening.began ? static_cast<std::uint64_t>(happening.began->ns) : none);
  out.put(happening.bytes);
  out.put(happening.subject);
  out.put(happening.text);
  out.put(happening.values.size());
  for (const auto& [name, value] : happening.values) {
    out.put(name);
    out.put(value);
  }
  return out.take();
}

std::optional<Happening> decode_happening(std::string_view bytes) {
  Reader in(bytes);
  Happening happening;
  happening.kind = static_cast<Happening::Kind>(in.number());
  happening.number = in.number();
  happening.events = in.number();
  happening.at = Instant{static_cast<std::int64_t>(in.number())};
  auto node = in.number();
  auto shard = in.number();
  if (node != none) happening.where = Place{node};
  if (node != none && shard != none) happening.where->shard = static_cast<unsigned>(shard);
  if (auto peer = in.number(); peer != none) happening.peer = peer;
  happening.cause = in.number();
  if (auto began = in.number(); began != none) happening.began = Instant{static_cast<std::int64_t>(began)};
  happening.bytes = in.number();
  happening.subject = in.text();
  happening.text = in.text();
  for (auto left = in.number(); left > 0 && in.good(); --left) {
    auto name = in.text();
    happening.values.emplace_back(std::move(name), in.text());
  }
  if (!in.complete()) return std::nullopt;
  return happening;
}

}  // namespace fulmar
