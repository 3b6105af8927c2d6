#include "broker/cluster/metadata_snapshot.h"

#include "broker/cluster/metadata_codec.h"
#include "broker/protocol/record_batch.h"
#include "broker/replication/peer_calls.h"
#include "runtime/host/clock.h"
#include "runtime/host/disk.h"

namespace fulmar {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;
constexpr std::size_t part_bytes = 4 << 20;
constexpr Duration part_max = seconds(10);

Result<MetadataImage> decode_file(std::string_view text) {
  FULMAR_TRY(auto body, MetadataSnapshot::checked_body(text));
  return decode_metadata_image(body);
}

}  // namespace

Bytes MetadataSnapshot::file_of(const MetadataImage& image) {
  auto body = encode(image);
  return Bytes::copy_of(std::to_string(crc32c(body)) + "\n" + body);
}

Result<std::string_view> MetadataSnapshot::checked_body(std::string_view file) {
  auto line = file.find('\n');
  auto crc = parse_integer(file.substr(0, line));
  if (line == std::string_view::npos || !crc || crc32c(file.substr(line + 1)) != *crc)
    return fail(Errc::corrupt, std::string(file_name) + ": wrong checksum");
  return file.substr(line + 1);
}

Result<MetadataImagePtr> MetadataSnapshot::load() {
  auto text = read_file(host_.disk(), file_name, file_bytes_max);
  if (!text && text.error().code == Errc::not_found) return nullptr;
  if (!text) return std::unexpected(text.error());
  FULMAR_TRY(auto image, decode_file(text->view()));
  offset_ = image.offset;
  return std::make_shared<const MetadataImage>(std::move(image));
}

Result<void> MetadataSnapshot::store(const MetadataImage& image) {
  return replace(image.offset, file_of(image));
}

Result<void> MetadataSnapshot::replace(Offset offset, Bytes text) {
  LockGuard held(replacing_);
  if (offset <= offset_) return {};
  FULMAR_TRY_VOID(replace_file(host_.disk(), file_name, ByteChain(std::move(text))));
  offset_ = offset;
  return {};
}

Result<FetchMetadataSnapshotResponse> MetadataSnapshot::part(const FetchMetadataSnapshotRequest& request) {
  FetchMetadataSnapshotResponse response;
  LockGuard held(replacing_);
  auto offset = offset_;
  auto text = read_file(host_.disk(), file_name, file_bytes_max);
  bool gone = !text && text.error().code == Errc::not_found;
  // Checked when its first part is fetched; the receiver checks all of it too, and then starts again.
  bool damaged = text && request.position == 0 && !checked_body(text->view());
  if (offset > 0 && (gone || damaged)) {
    offset_ = 0;
    return fail(Errc::corrupt, std::string(file_name) + (gone ? ": gone" : ": wrong checksum"));
  }
  if (!text || (request.offset >= 0 && request.offset != offset)) {
    response.error_code = ErrorCode::snapshot_not_found;
  } else if (request.position < 0 || static_cast<std::size_t>(request.position) >= text->size()) {
    response.error_code = ErrorCode::position_out_of_range;
  } else {
    auto position = static_cast<std::size_t>(request.position);
    response.offset = offset;
    response.size = static_cast<std::int64_t>(text->size());
    response.part = ByteChain(text->slice(position, std::min(part_bytes, text->size() - position)));
  }
  return response;
}

// The checksum rejects a file put together from parts of two.
Result<Bytes> MetadataSnapshot::fetch_file(const SocketAddress& address) {
  PeerCalls calls(host_, peers_);
  std::string text;
  FetchMetadataSnapshotRequest request;
  for (;;) {
    request.position = static_cast<std::int64_t>(text.size());
    FULMAR_TRY(auto response,
               calls.call<FetchMetadataSnapshotResponse>(address, request, host_.clock().deadline_in(part_max)));
    if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
    auto size = static_cast<std::size_t>(response.size);
    auto part = response.part.flatten();
    if (size > file_bytes_max || part.empty() || part.size() > size - text.size())
      return fail(Errc::corrupt, "parts of a snapshot that don't fit");
    request.offset = response.offset;
    text += part.view();
    if (text.size() == size) return Bytes::copy_of(text);
  }
}

Result<MetadataImagePtr> MetadataSnapshot::fetch(const SocketAddress& address) {
  FULMAR_TRY(auto text, fetch_file(address));
  FULMAR_TRY(auto image, decode_file(text.view()));
  FULMAR_TRY_VOID(replace(image.offset, std::move(text)));
  return std::make_shared<const MetadataImage>(std::move(image));
}

}  // namespace fulmar
