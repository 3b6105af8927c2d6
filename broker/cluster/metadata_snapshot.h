// MetadataSnapshot: the cluster's metadata written down whole, so that the log before it may go: the file on this
// broker's disk, and its way to a broker whose log ends before the others' begins.
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

  // The file: a line with the CRC-32C of what follows, and the image as encode() has it.
  static Bytes file_of(const MetadataImage& image);
  // What follows the line. Errors: corrupt.
  static Result<std::string_view> checked_body(std::string_view file);

  MetadataSnapshot(Host& host, const Peers& peers) : host_(host), peers_(peers) {}

  // What earlier lives stored; null if there is none. Errors: corrupt; unsupported: of another release; io_error.
  Result<MetadataImagePtr> load();
  // On stable storage when it returns, in the place of an earlier one. Errors: io_error, no_space.
  Result<void> store(const MetadataImage& image);
  // All below is in the one on stable storage; 0: there is none.
  Offset offset() const { return offset_; }

  // Part of the file, for another broker. SNAPSHOT_NOT_FOUND: there is another one meanwhile, or none;
  // POSITION_OUT_OF_RANGE. Errors: corrupt, it is damaged or gone: from now on there is none.
  Result<FetchMetadataSnapshotResponse> part(const FetchMetadataSnapshotRequest& request);
  // The one of the broker that listens there for its peers, part by part; on stable storage here when it returns.
  // Errors: as call_peer(); refused: it has none, or changed it meanwhile; corrupt; unsupported; io_error, no_space.
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
