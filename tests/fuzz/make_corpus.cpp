// Writes valid inputs of every kind for the fuzzers to start from, so that they need not guess a CRC or a header first.
// Usage: make_corpus DIRECTORY (which gets a folder per target)
#include <filesystem>
#include <fstream>
#include <string>

#include "all_messages.h"
#include "broker/cluster/metadata_codec.h"
#include "broker/protocol/record_builder.h"

using namespace fulmar;

namespace {

std::filesystem::path directory;

void put(const std::string& target, const std::string& name, std::string_view content) {
  std::filesystem::create_directories(directory / target);
  std::ofstream(directory / target / name, std::ios::binary) << content;
}

std::string named(const char* api, std::int16_t version) {
  return std::string(api) + "_v" + std::to_string(version);
}

std::string batch(Offset base, Compression codec, int records) {
  BatchOptions options;
  options.base_offset = base;
  options.codec = codec;
  if (base > 0) options = {base, codec, 7, 0, static_cast<std::int32_t>(base), false, false};
  std::vector<Record> content(static_cast<std::size_t>(records), Record{"key", "a value of some length", 1000, {}});
  content.front().headers.push_back({"header", "1"});
  return std::string(build_batch(content, options).view());
}

void put_messages() {
  Random random(1);
  for_each_request([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
      auto frame = request_frame(generate<M>(random, version), version, 1, "client").flatten();
      put("fuzz_frames", named(api.name, version), frame.view().substr(4));
    }
  });
  Writer said;
  encode(said, generate<RaftMessagesRequest>(random, 0), 0);
  auto body = std::string(std::move(said).finish().flatten().view());
  put("fuzz_peer_frames", "one",
      std::string{static_cast<char>(body.size() >> 8), static_cast<char>(body.size())} + body);
  int number = 0;
  for_each_response([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
      Writer writer;
      encode(writer, generate<M>(random, version), version);
      std::string input{static_cast<char>(number), static_cast<char>(version)};
      put("fuzz_responses", named(api.name, version), input + std::string(std::move(writer).finish().flatten().view()));
    }
    ++number;
  });
}

void put_coordinator_records() {
  Random random(2);
  auto put_one = [](const std::string& name, char kind, std::string_view key, std::string_view value) {
    std::string input{kind, static_cast<char>(key.size())};
    put("fuzz_coordinator_records", name, input + std::string(key) + std::string(value));
  };
  for_each_record_key([&]<class Key>() {
    auto schema = message_schema<typename Key::Value>();
    for (auto version = schema.min; version <= schema.max; ++version) {
      auto key = write_record_key(generate<Key>(random, 0));
      auto value = write_record_value(generate<typename Key::Value>(random, version), version);
      put_one(named(schema.name, version), std::same_as<Key, TransactionLogKey> ? 1 : 0, key.view(), value.view());
    }
  });
  for (std::int16_t version = 0; version <= 3; ++version) {
    auto subscription = generate<ConsumerProtocolSubscription>(random, version);
    put_one(named("subscription", version), 2, {}, write_consumer_subscription(subscription, version).view());
    auto assignment = generate<ConsumerProtocolAssignment>(random, version);
    put_one(named("assignment", version), 3, {}, write_consumer_assignment(assignment, version).view());
  }
}

void put_metadata() {
  Random random(3);
  MetadataImage image;
  for (std::size_t kind = 0; kind < std::variant_size_v<MetadataRecord>; ++kind) {
    auto record = generate_metadata_record(random, kind);
    put("fuzz_metadata", "kind_" + std::to_string(kind), std::string(1, '\0') + encode(record));
    apply_record(record, image);
  }
  put("fuzz_metadata", "image", "\1" + encode(image));
  put("fuzz_metadata", "earlier",
      "\2"
      R"({"configs":{"a":"b"},"topic_id":"AAAAAAAAAAkAAAAAAAAACA","type":"topic-configs"})");
}

void put_batches() {
  for (int codec = 0; codec <= 4; ++codec)
    put("fuzz_record_batch", compression_name(static_cast<Compression>(codec)),
        batch(0, static_cast<Compression>(codec), 3));
}

// The first bytes of a segment's input give the lengths of the other files, in units of 8, and which exist.
void put_segments() {
  auto log = batch(0, Compression::none, 2) + batch(2, Compression::zstd, 3) + batch(5, Compression::none, 1);
  put("fuzz_segment", "clean", std::string("\0\0\0\1", 4) + log);
  put("fuzz_segment", "unclean", std::string("\0\0\0\0", 4) + log);
  put("fuzz_segment", "indexed",
      std::string("\1\2\0\1", 4) + std::string("\0\0\0\2\0\0\0\x63", 8) + std::string(16, '\0') + log);
  put("fuzz_segment", "torn", std::string("\0\0\0\0", 4) + log.substr(0, log.size() - 9));
  put("fuzz_segment", "two", std::string("\0\0\0\6", 4) + log);
}

void put_http() {
  put("fuzz_http", "get", "GET /status?a=b HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  put("fuzz_http", "post", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
  put("fuzz_http", "chunks",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nTrailer: t\r\n\r\n");
  put("fuzz_http", "upgrade", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nPRI");
  put("fuzz_http_response", "length", "cHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
  put("fuzz_http_response", "chunks",
      "bHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nTrailer: t\r\n\r\n");
  put("fuzz_http_response", "to_the_end", "aHTTP/1.0 302 Found\r\nLocation: http://x/\r\n\r\nab");
}

// The first byte says which kind of message it is.
void put_sasl() {
  put("fuzz_sasl", "plain", std::string("p\0alice\0secret", 14));
  put("fuzz_sasl", "scram",
      "sn,,n=alice,r=client\nc=biws,r=clientserver,p=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0Cg==");
  put("fuzz_sasl", "scram_authorization",
      "sy,a=ali=2Cce,n=ali=2Cce,r=client,t=x\nc=eSxhPWFsaT0yQ2NlLA==,r=clientserver,p=");
  put("fuzz_sasl", "server_first", "cr=clientserver,s=c2FsdA==,i=4096");
  put("fuzz_sasl", "server_signature",
      "ev=fUpMOoDWCmoYJJo6MSzBJj/6YEvuH3UjAvDGUhtkHmKqogClvuVZnM7/aZoOVw1EWTqcnOvKz40xXTnMMxbq+Q==");
  put("fuzz_sasl", "server_final", "cv=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  put("fuzz_sasl", "bearer", "on,a=alice,\1host=x\1auth=Bearer abc.def\1\1");
  put("fuzz_sasl", "token",
      "teyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  put("fuzz_sasl", "keys",
      R"(k{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"RSA","n":"AQAB","e":"AQAB"}]})");
  put("fuzz_sasl", "jaas", "jorg.x.PlainLoginModule required user_a=\"b\\\"c\" /* d */ user_e='f'; // g");
}

// A stranger's connections: for each frame the seconds before it, its size, and its bytes.
void put_sasl_gate() {
  auto after = [](char seconds, const auto& request, std::int16_t version) {
    auto frame = std::string(request_frame(request, version, 1, "client").flatten().view().substr(4));
    return std::string{seconds, static_cast<char>(frame.size() >> 8), static_cast<char>(frame.size())} + frame;
  };
  auto token = [&](std::string_view text, std::int16_t version = 2) {
    return after(0, SaslAuthenticateRequest{Bytes::copy_of(text)}, version);
  };
  auto versions = after(1, ApiVersionsRequest{"client", "1"}, 3);
  put("fuzz_sasl_gate", "plain",
      versions + after(0, SaslHandshakeRequest{"PLAIN"}, 1) + token(std::string_view("\0alice\0secret", 13)));
  put("fuzz_sasl_gate", "scram",
      versions + after(0, SaslHandshakeRequest{"SCRAM-SHA-256"}, 1) + token("n,,n=alice,r=client") +
          token("c=biws,r=clientserver,p=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0Cg==", 0));
  put("fuzz_sasl_gate", "bearer",
      after(0, SaslHandshakeRequest{"OAUTHBEARER"}, 1) + token("n,,\1auth=Bearer abc.def\1\1", 1) + token("\1"));
  put("fuzz_sasl_gate", "raw_tokens",
      after(9, SaslHandshakeRequest{"PLAIN"}, 0) + std::string("\0\0\x0d\0alice\0secret", 16));
}

}  // namespace

int main(int, char** arguments) {
  directory = arguments[1];
  put_messages();
  put_coordinator_records();
  put_metadata();
  put_batches();
  put_segments();
  put_http();
  put_sasl();
  put_sasl_gate();
}
