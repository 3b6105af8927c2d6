#include "broker/cluster/metadata_store.h"

#include <nlohmann/json.hpp>

#include "broker/cluster/topic_config.h"

namespace fulmar {

namespace {

using nlohmann::json;

constexpr std::string_view file_name = "metadata.json";
constexpr std::size_t file_bytes_max = std::size_t{256} << 20;
constexpr int format = 1;

std::string encode(const MetadataImage& image) {
  json topics = json::object();
  for (const auto& [name, topic] : image.topics)
    topics[name] = {
        {"id", {topic.id.high, topic.id.low}}, {"partitions", topic.partitions}, {"configs", topic.configs}};
  json body = {{"format", format},
               {"cluster_id", image.cluster_id},
               {"version", image.version},
               {"next_producer_id", image.next_producer_id},
               {"topics", std::move(topics)}};
  auto text = body.dump();
  return std::to_string(crc32c(text)) + "\n" + text + "\n";
}

Result<MetadataImage> decode(std::string_view text) {
  auto line = text.find('\n');
  auto crc = parse_integer(text.substr(0, line));
  if (line == std::string_view::npos || !crc || !text.ends_with('\n')) return fail(Errc::corrupt, "no checksum");
  auto body = text.substr(line + 1, text.size() - line - 2);
  if (crc32c(body) != *crc) return fail(Errc::corrupt, "wrong checksum");
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded() || parsed.value("format", 0) != format) return fail(Errc::corrupt, "unknown format");
  MetadataImage image;
  image.cluster_id = parsed["cluster_id"];
  image.version = parsed["version"];
  image.next_producer_id = parsed["next_producer_id"];
  for (const auto& [name, topic] : parsed["topics"].items()) {
    TopicImage entry;
    entry.id = {topic["id"][0], topic["id"][1]};
    entry.partitions = topic["partitions"];
    for (const auto& [key, value] : topic["configs"].items()) entry.configs.emplace(key, value);
    image.topics.emplace(name, std::move(entry));
  }
  return image;
}

}  // namespace

Uuid random_uuid(Entropy& entropy) {
  auto high = entropy.next();
  auto low = entropy.next();
  // RFC 4122 version 4; the first character of its base64 is then never '-', which command lines would misread.
  high = (high & 0x7fffffffffff0fffULL) | 0x4000;
  low = (low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  return {high, low};
}

Result<void> MetadataStore::open(Entropy& entropy) {
  auto text = read_file(disk_, file_name, file_bytes_max);
  if (text) {
    auto image = decode(text->view());
    if (!image) return fail(Errc::corrupt, std::string(file_name) + ": " + image.error().detail);
    image_ = std::make_shared<const MetadataImage>(std::move(*image));
    return {};
  }
  if (text.error().code != Errc::not_found) return std::unexpected(text.error());
  MetadataImage fresh;
  fresh.cluster_id = to_string(random_uuid(entropy));
  return commit(std::move(fresh));
}

Result<void> MetadataStore::commit(MetadataImage next) {
  next.version += 1;
  TRY_VOID(replace_file(disk_, file_name, ByteChain(Bytes::copy_of(encode(next)))));
  image_ = std::make_shared<const MetadataImage>(std::move(next));
  return {};
}

}  // namespace fulmar
