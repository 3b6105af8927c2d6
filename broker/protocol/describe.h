// The description of a message, and the functions that follow from it: reading, writing, printing and generating. Only
// the .cpp files of messages/ and records/ include this, and broker/cluster/metadata_codec.cpp.
//
// A description is a function template found by the type of its argument:
//
//   template <class F> void describe(F& f, ProduceRequest& m) {
//     f("transactional_id", m.transactional_id, {.since = 3});
//     f("topics", m.topics);
//     f.tagged(0, "node_endpoints", m.node_endpoints, {.since = 10});
//   }
//
// C++ types say the wire types: integers, double (float64), bool, std::string, std::optional<std::string> (nullable),
// Bytes (bytes), std::optional<Bytes> (nullable), ByteChain (records), Uuid, std::vector (array),
// std::optional<std::vector> (nullable array), an enumeration (as the integer beneath), a struct with a description of
// its own, or std::optional of one (nullable). A field outside its versions is left at its default.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <type_traits>

#include "broker/protocol/error_code.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"

namespace fulmar::detail {

struct Versions {
  std::int16_t since = 0;
  std::int16_t until = 32767;
  std::int16_t null_since = 0;  // of an optional: before, null is an error when read and is written as an empty value
  bool has(std::int16_t version) const { return version >= since && version <= until; }
};

// A structure with a description of its own.
class AnyFields;
template <class T>
concept Described = requires(AnyFields& f, T& value) { describe(f, value); };
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

// The fields of a structure are visited in three passes: the ordinary ones, the number of set tagged ones, and those.
enum class Turn : unsigned char { ordinary, count_tagged, tagged };

class FieldReader {
 public:
  FieldReader(Reader& reader, std::int16_t version, bool flexible)
      : in_(reader), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const char*, T& value, Versions versions = {}) {
    if (turn_ != Turn::ordinary || !versions.has(version_) || in_.failed()) return;
    read(value);
    if constexpr (is_optional<T>)
      if (!value && version_ < versions.null_since) in_.fail("a field that must not be null in this version is");
  }
  // A missing tagged field has the protocol's default, `unset`, which may differ from that of the struct.
  template <class T>
  void tagged(std::uint32_t tag, const char*, T& value, Versions versions = {},
              const std::type_identity_t<T>& unset = T{}) {
    if (!versions.has(version_)) return;
    if (turn_ == Turn::ordinary) value = unset;
    // After reading, tag_ may be that of a field within the one that was read.
    if (turn_ != Turn::tagged || tag_known_ || tag != tag_) return;
    turn_ = Turn::ordinary;
    read_tagged(value);
    turn_ = Turn::tagged;
    tag_known_ = true;
  }

  template <class S>
  void structure(S& value) {
    turn_ = Turn::ordinary;
    describe(*this, value);
    if (!flexible_) return;
    auto count = in_.tagged_field_count();
    for (std::uint32_t i = 0; i < count && !in_.failed(); ++i) {
      auto tag = in_.unsigned_varint();
      auto size = in_.unsigned_varint();
      auto begin = in_.position();
      if (size > in_.remaining()) return in_.fail("a tagged field is longer than the message");
      turn_ = Turn::tagged;
      tag_ = tag;
      tag_known_ = false;
      describe(*this, value);
      turn_ = Turn::ordinary;
      if (!tag_known_)
        in_.skip(size);
      else if (!in_.failed() && in_.position() != begin + size)
        in_.fail("a tagged field has not the size it claims");
    }
  }

 private:
  // A structure's null is encoded differently from an ordinary field's.
  template <class T>
  void read_tagged(T& v) {
    read(v);
  }
  template <class S>
    requires Described<S>
  void read_tagged(std::optional<S>& v) {
    in_.unsigned_varint() == 0 ? v.reset() : structure(v.emplace());
  }
  void read(bool& v) { v = in_.int8() != 0; }
  void read(std::int8_t& v) { v = in_.int8(); }
  void read(std::int16_t& v) { v = in_.int16(); }
  void read(std::uint16_t& v) { v = static_cast<std::uint16_t>(in_.int16()); }
  void read(std::int32_t& v) { v = in_.int32(); }
  void read(std::int64_t& v) { v = in_.int64(); }
  void read(double& v) { v = std::bit_cast<double>(in_.int64()); }
  template <class E>
    requires std::is_enum_v<E>
  void read(E& v) {
    std::underlying_type_t<E> number{};
    read(number);
    v = static_cast<E>(number);
  }
  void read(Uuid& v) { v = in_.uuid(); }
  void read(std::string& v) {
    auto text = in_.nullable_string(flexible_);
    if (!text) return in_.fail("a string that must not be null is");
    v.assign(*text);
  }
  void read(std::optional<std::string>& v) {
    auto text = in_.nullable_string(flexible_);
    text ? v.emplace(*text), void() : v.reset();
  }
  void read(ByteChain& v) {
    auto part = in_.nullable_bytes(flexible_);
    v = part ? ByteChain(std::move(*part)) : ByteChain();
  }
  void read(Bytes& v) {
    auto part = in_.nullable_bytes(flexible_);
    if (!part) return in_.fail("bytes that must not be null are");
    v = std::move(*part);
  }
  void read(std::optional<Bytes>& v) { v = in_.nullable_bytes(flexible_); }
  template <class T>
  void read(std::vector<T>& v) {
    auto count = in_.array_count(flexible_);
    if (!count) return in_.fail("an array that must not be null is");
    elements(v, *count);
  }
  template <class T>
  void read(std::optional<std::vector<T>>& v) {
    auto count = in_.array_count(flexible_);
    if (!count) return v.reset();
    elements(v.emplace(), *count);
  }
  template <class S>
    requires std::is_class_v<S>
  void read(std::optional<S>& value) {
    in_.int8() < 0 ? value.reset() : structure(value.emplace());
  }
  template <class S>
    requires std::is_class_v<S>
  void read(S& value) {
    structure(value);
  }
  template <class T>
  void elements(std::vector<T>& v, std::size_t count) {
    v.clear();
    v.reserve(std::min<std::size_t>(count, 64));  // more only as elements are read
    for (std::size_t i = 0; i < count && !in_.failed(); ++i) read(v.emplace_back());
  }

  Reader& in_;
  std::int16_t version_;
  bool flexible_;
  Turn turn_ = Turn::ordinary;
  std::uint32_t tag_ = 0;
  bool tag_known_ = false;
};

class FieldWriter {
 public:
  FieldWriter(Writer& writer, std::int16_t version, bool flexible)
      : out_(&writer), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const char*, T& value, Versions versions = {}) {
    if (turn_ != Turn::ordinary || !versions.has(version_)) return;
    if constexpr (is_optional<T>) {
      if (!value && version_ < versions.null_since) {
        typename T::value_type empty{};
        return write(empty);
      }
    }
    write(value);
  }
  // A tagged field is written only if it differs from its default.
  template <class T>
  void tagged(std::uint32_t tag, const char*, T& value, Versions versions = {},
              const std::type_identity_t<T>& unset = T{}) {
    if (turn_ == Turn::ordinary || !versions.has(version_) || value == unset) return;
    if (turn_ == Turn::count_tagged) {
      ++tagged_count_;
      return;
    }
    Writer inner;
    FieldWriter nested(inner, version_, flexible_);
    nested.write_tagged(value);
    out_->unsigned_varint(tag);
    out_->unsigned_varint(static_cast<std::uint32_t>(inner.size()));
    out_->splice(std::move(inner).finish());
  }

  template <class S>
  void structure(S& value) {
    turn_ = Turn::ordinary;
    describe(*this, value);
    if (!flexible_) return;
    turn_ = Turn::count_tagged;
    tagged_count_ = 0;
    describe(*this, value);
    out_->unsigned_varint(tagged_count_);
    if (tagged_count_ > 0) {
      turn_ = Turn::tagged;
      describe(*this, value);
    }
    turn_ = Turn::ordinary;
  }

 private:
  template <class T>
  void write_tagged(T& v) {
    write(v);
  }
  template <class S>
    requires Described<S>
  void write_tagged(std::optional<S>& v) {
    out_->unsigned_varint(v ? 1 : 0);
    if (v) structure(*v);
  }
  void write(bool& v) { out_->int8(v ? 1 : 0); }
  void write(std::int8_t& v) { out_->int8(v); }
  void write(std::int16_t& v) { out_->int16(v); }
  void write(std::uint16_t& v) { out_->int16(static_cast<std::int16_t>(v)); }
  void write(std::int32_t& v) { out_->int32(v); }
  void write(std::int64_t& v) { out_->int64(v); }
  void write(double& v) { out_->int64(std::bit_cast<std::int64_t>(v)); }
  template <class E>
    requires std::is_enum_v<E>
  void write(E& v) {
    auto number = static_cast<std::underlying_type_t<E>>(v);
    write(number);
  }
  void write(Uuid& v) { out_->uuid(v); }
  void write(std::string& v) { out_->string(v, flexible_); }
  void write(std::optional<std::string>& v) { out_->nullable_string(v, flexible_); }
  void write(ByteChain& v) {
    out_->bytes_length(static_cast<std::int64_t>(v.size()), flexible_);
    out_->splice(v);
  }
  void write(Bytes& v) {
    out_->bytes_length(static_cast<std::int64_t>(v.size()), flexible_);
    out_->splice(v);
  }
  void write(std::optional<Bytes>& v) {
    out_->bytes_length(v ? static_cast<std::int64_t>(v->size()) : -1, flexible_);
    if (v) out_->splice(*v);
  }
  template <class T>
  void write(std::vector<T>& v) {
    out_->array_count(static_cast<std::int64_t>(v.size()), flexible_);
    for (auto& element : v) write(element);
  }
  template <class T>
  void write(std::optional<std::vector<T>>& v) {
    v ? write(*v) : out_->array_count(-1, flexible_);
  }
  template <class S>
    requires std::is_class_v<S>
  void write(std::optional<S>& value) {
    out_->int8(value ? 1 : -1);
    if (value) structure(*value);
  }
  template <class S>
    requires std::is_class_v<S>
  void write(S& value) {
    structure(value);
  }

  Writer* out_;
  std::int16_t version_;
  bool flexible_;
  Turn turn_ = Turn::ordinary;
  std::uint32_t tagged_count_ = 0;
};

class FieldPrinter {
 public:
  FieldPrinter(std::string& text, std::int16_t version) : text_(text), version_(version) {}

  template <class T>
  void operator()(const char* name, T& value, Versions versions = {}) {
    if (!versions.has(version_)) return;
    if (text_.back() != '{') text_ += ", ";
    text_ += name;
    text_ += '=';
    print(value);
  }
  template <class T>
  void tagged(std::uint32_t, const char* name, T& value, Versions versions = {},
              const std::type_identity_t<T>& unset = T{}) {
    if (!(value == unset)) (*this)(name, value, versions);
  }
  template <class S>
  void structure(S& value) {
    text_ += '{';
    describe(*this, value);
    text_ += '}';
  }

 private:
  void print(bool v) { text_ += v ? "true" : "false"; }
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  void print(I v) {
    text_ += std::to_string(v);
  }
  void print(double v) { text_ += std::to_string(v); }
  void print(ErrorCode v) { text_ += error_code_name(v); }
  template <class E>
    requires std::is_enum_v<E>
  void print(E v) {
    print(static_cast<std::underlying_type_t<E>>(v));
  }
  void print(Uuid& v) { text_ += to_string(v); }
  void print(std::string& v) { text_ += v; }
  void print(ByteChain& v) { text_ += std::to_string(v.size()) + " bytes"; }
  void print(Bytes& v) { text_ += std::to_string(v.size()) + " bytes"; }
  template <class T>
  void print(std::optional<T>& v) {
    v ? print(*v) : void(text_ += "null");
  }
  template <class T>
  void print(std::vector<T>& v) {
    text_ += '[';
    for (auto& element : v) {
      if (text_.back() != '[') text_ += ", ";
      print(element);
    }
    text_ += ']';
  }
  template <class S>
    requires std::is_class_v<S>
  void print(S& value) {
    structure(value);
  }

  std::string& text_;
  std::int16_t version_;
};

class FieldGenerator {
 public:
  FieldGenerator(Random& random, std::int16_t version, bool flexible)
      : random_(random), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const char*, T& value, Versions versions = {}) {
    if (!versions.has(version_)) return;
    make(value);
    if constexpr (is_optional<T>)
      if (!value && version_ < versions.null_since) value.emplace();
  }
  template <class T>
  void tagged(std::uint32_t, const char*, T& value, Versions versions = {}, const std::type_identity_t<T>& = T{}) {
    if (flexible_ && versions.has(version_) && random_.chance(1, 2)) make(value);
  }
  template <class S>
  void structure(S& value) {
    describe(*this, value);
  }

 private:
  void make(bool& v) { v = random_.chance(1, 2); }
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  void make(I& v) {
    v = static_cast<I>(random_.next() >> random_.below(64));
  }
  // Of all bit patterns, but no NaN: those differ from themselves.
  void make(double& v) {
    do v = std::bit_cast<double>(random_.next());
    while (std::isnan(v));
  }
  void make(ErrorCode& v) { v = static_cast<ErrorCode>(random_.between(-1, 100)); }
  template <class E>
    requires std::is_enum_v<E>
  void make(E& v) {
    v = static_cast<E>(random_.between(0, 10));
  }
  void make(Uuid& v) {
    v.high = random_.next();
    v.low = random_.next();
  }
  void make(std::string& v) {
    v.clear();
    for (auto left = random_.below(12); left > 0; --left) v += static_cast<char>(random_.between('a', 'z'));
  }
  void make(Bytes& v) {
    std::string text(random_.below(3000), 'x');
    for (char& c : text) c = static_cast<char>(random_.next());
    v = Bytes::copy_of(text);
  }
  void make(ByteChain& v) {
    Bytes part;
    make(part);
    v = ByteChain(std::move(part));
  }
  template <class T>
  void make(std::optional<T>& v) {
    if (random_.chance(1, 4)) return v.reset();
    make(v.emplace());
  }
  template <class T>
  void make(std::vector<T>& v) {
    v.resize(random_.below(4));
    for (auto& element : v) make(element);
  }
  template <class S>
    requires std::is_class_v<S>
  void make(S& value) {
    structure(value);
  }

  Random& random_;
  std::int16_t version_;
  bool flexible_;
};

// Whether a description that is applied to this changes what it describes; else it must not.
template <class F>
constexpr bool sets_fields = std::is_same_v<F, FieldReader> || std::is_same_v<F, FieldGenerator>;

}  // namespace fulmar::detail

namespace fulmar {

template <class M>
Result<M> decode(Reader& reader, std::int16_t version) {
  M message;
  detail::FieldReader fields(reader, version, message_schema<M>().is_flexible(version));
  fields.structure(message);
  // Clients' messages may have bytes after their end: librdkafka 2.3 to 2.15 sends three in Metadata. Kafka ignores
  // them in every message. In messages between brokers they are an error.
  if constexpr (requires { M::key; })
    if (api_info(M::key).is_brokers_own() && !reader.failed() && reader.remaining() > 0)
      reader.fail("bytes are left over after the message");
  if (reader.failed()) return fail(Errc::corrupt, std::string(message_schema<M>().name) + ": " + reader.error());
  return message;
}

template <class M>
void encode(Writer& writer, const M& message, std::int16_t version) {
  detail::FieldWriter fields(writer, version, message_schema<M>().is_flexible(version));
  fields.structure(const_cast<M&>(message));  // one description serves both directions; writing changes nothing
}

template <class M>
std::string describe_text(const M& message, std::int16_t version) {
  std::string text;
  detail::FieldPrinter fields(text, version);
  fields.structure(const_cast<M&>(message));
  return text;
}

template <class M>
M generate(Random& random, std::int16_t version) {
  M message;
  detail::FieldGenerator fields(random, version, message_schema<M>().is_flexible(version));
  fields.structure(message);
  return message;
}

}  // namespace fulmar

#define FULMAR_DEFINE_MESSAGE(M)                                 \
  template Result<M> decode<M>(Reader&, std::int16_t);           \
  template void encode<M>(Writer&, const M&, std::int16_t);      \
  template std::string describe_text<M>(const M&, std::int16_t); \
  template M generate<M>(Random&, std::int16_t)
