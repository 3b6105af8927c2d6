// MetadataCodec: the records of the metadata as bytes, and an image as the records that make it.
//
// A record is the number of its kind and its version, each an unsigned varint, and its fields in Kafka's compact types
// with tagged fields (KIP-482); nothing follows. An image is two bytes of version, eight bytes of its offset, and its
// records, each preceded by its size as an unsigned varint. The previous release wrote JSON instead; see
// earlier_metadata.h.
#pragma once

#include <string>
#include <string_view>

#include "broker/cluster/metadata_records.h"

namespace fulmar {

std::string encode(const MetadataRecord& record);
// Errors: unsupported: of a kind, version or release that is unknown here; corrupt: also a partition without replicas.
Result<MetadataRecord> decode_metadata_record(std::string_view bytes);
// Called before a record is committed, since its names and values go to clients and into JSON. Errors:
// invalid_argument: a string in it is not UTF-8.
Result<void> check_strings(const MetadataRecord& record);

std::string encode(const MetadataImage& image);
// Errors: as decode_metadata_record().
Result<MetadataImage> decode_metadata_image(std::string_view bytes);

// For people: the name of the kind, and the fields. For an image: its offset and its records, a line each.
std::string to_text(const MetadataRecord& record);
std::string to_text(const MetadataImage& image);

// Whether these are the bytes of a record or an image as the previous release wrote them.
bool is_earlier_metadata(std::string_view bytes);

// A random record of the variant's kind with this index, for tests and fuzzing.
MetadataRecord generate_metadata_record(Random& random, std::size_t index);

}  // namespace fulmar
