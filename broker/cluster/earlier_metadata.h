// The metadata of the previous release, whose log and snapshot held JSON. A broker does not start on them; `fulmar log
// upgrade` converts them to the format of this release, which cannot be undone.
#pragma once

#include <string_view>

#include "broker/cluster/metadata_records.h"
#include "runtime/base/result.h"
#include "runtime/host/host.h"

namespace fulmar {

// The converted log's directory, until it replaces the original.
inline constexpr std::string_view upgraded_log_name = "__cluster_metadata-0.upgraded";

// A record as the previous release wrote it. Errors: corrupt.
Result<MetadataRecord> decode_earlier_record(std::string_view text);

// Converts the metadata log and the snapshot in the host's data directory, which no broker may use meanwhile. Returns
// whether there was anything to convert. The original log is kept under a name that ends with -stray. May be
// interrupted at any moment and run again. Errors: corrupt: the log or the snapshot is damaged; io_error, no_space.
Result<bool> upgrade_metadata(Host& host);

}  // namespace fulmar
