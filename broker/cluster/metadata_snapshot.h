// MetadataSnapshot: the whole metadata in a file, so that the log before it may be deleted; and its transfer to a
// broker that needs records that the others have deleted.
#pragma once

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/messages/peer.h"
#include "broker/replication/peers.h"
#include "runtime/fiber/mutex.h"
#include "runtime/host/host.h"

namespace fulmar {

class MetadataSnapshot {
 public:
  static constexpr std::string_view file_name = "metadata-snapshot";

  // The file's contents: a line with the CRC-32C of the rest, then the image as written by encode().
  static Bytes file_of(const MetadataImage& image);
  // The rest after that line. Errors: corrupt.
  static Result<std::string_view> checked_body(std::string_view file);

  MetadataSnapshot(Host& host, const Peers& peers) : host_(host), peers_(peers) {}

  // The stored image; null if there is none. Errors: corrupt; unsupported: of another release; io_error.
  Result<MetadataImagePtr> load();
  // Replaces the stored image; on stable storage when it returns. Errors: io_error, no_space.
  Result<void> store(const MetadataImage& image);
  // The stored snapshot has everything below; 0: there is none.
  Offset offset() const { return offset_; }

  // A part of the file, for another broker. SNAPSHOT_NOT_FOUND: it was replaced, or there is none;
  // POSITION_OUT_OF_RANGE. Errors: corrupt: it is damaged or lost; from now on there is none.
  Result<FetchMetadataSnapshotResponse> part(const FetchMetadataSnapshotRequest& request);
  // Fetches the snapshot from the broker at that INTERNAL listener, part by part; on stable storage here when it
  // returns. Errors: as PeerCalls::call(); refused: the broker has none, or replaced it meanwhile; corrupt;
  // unsupported; io_error, no_space.
  Result<MetadataImagePtr> fetch(const SocketAddress& address);

 private:
  Result<Bytes> fetch_file(const SocketAddress& address);
  Result<void> replace(Offset offset, Bytes text);

  Host& host_;
  const Peers& peers_;
  Offset offset_ = 0;
  Mutex replacing_;
};

}  // namespace fulmar
