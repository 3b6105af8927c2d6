#include "checkers/log_files.h"

#include <charconv>
#include <vector>

#include "broker/log/checkpoint.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

namespace {

struct Place {
  BatchHeader header;
  std::size_t position;
};

std::string with_suffix(const std::string& log_path, std::string_view suffix) {
  return log_path.substr(0, log_path.size() - 4) + std::string(suffix);
}

void check_indexes(const std::map<std::string, std::string>& files, const std::string& path, Offset base,
                   const std::vector<Place>& batches, Violations& found) {
  auto report = [&](const std::string& what) {
    found.push_back({"indexes agree", "wrong-index", what, Instant::max()});
  };
  if (auto index = files.find(with_suffix(path, ".index")); index != files.end()) {
    std::map<std::size_t, Offset> last_offsets;
    for (const auto& batch : batches) last_offsets[batch.position] = batch.header.last_offset();
    for (std::size_t at = 0; at + 8 <= index->second.size(); at += 8) {
      auto offset = base + load_big<std::int32_t>(index->second.data() + at);
      auto position = static_cast<std::size_t>(load_big<std::int32_t>(index->second.data() + at + 4));
      auto batch = last_offsets.find(position);
      if (batch == last_offsets.end() || batch->second != offset)
        report(index->first + " says offset " + std::to_string(offset) + " is at position " + std::to_string(position));
    }
  }
  if (auto index = files.find(with_suffix(path, ".timeindex")); index != files.end()) {
    for (std::size_t at = 0; at + 12 <= index->second.size(); at += 12) {
      auto timestamp = load_big<std::int64_t>(index->second.data() + at);
      auto offset = base + load_big<std::int32_t>(index->second.data() + at + 8);
      for (const auto& batch : batches)
        if (batch.header.last_offset() < offset && batch.header.max_timestamp > timestamp)
          report(index->first + " says " + std::to_string(timestamp) + " is the largest time up to offset " +
                 std::to_string(offset));
    }
  }
}

}  // namespace

void check_log_files(const std::map<std::string, std::string>& files, Violations& found) {
  // According to the log's checkpoint.
  auto holes_below = [&](const std::string& path) -> Offset {
    auto file = files.find(path.substr(0, path.find('/') + 1) + std::string(checkpoint_name));
    auto checkpoint = file == files.end() ? std::nullopt : Checkpoint::decode(file->second);
    return checkpoint ? checkpoint->holes_below : 0;
  };
  std::string partition;
  Offset next = -1;
  for (const auto& [path, content] : files) {
    auto slash = path.find('/');
    if (slash == std::string::npos || !path.ends_with(".log")) continue;
    if (path.substr(0, slash).ends_with("-delete")) continue;
    auto report = [&](const std::string& what) {
      found.push_back({"log files", "broken-log", path + ": " + what, Instant::max()});
    };
    Offset base = -1;
    std::from_chars(path.data() + slash + 1, path.data() + path.size() - 4, base);
    bool first = path.substr(0, slash) != partition;
    if (!first && base != next)
      report("begins at " + std::to_string(base) + ", the segment before it ends at " + std::to_string(next));
    partition = path.substr(0, slash);
    next = base;
    std::vector<Place> batches;
    for (std::size_t at = 0; at < content.size();) {
      auto header = read_batch_header(std::string_view(content).substr(at));
      if (!header || header->size() > content.size() - at) {
        report("no whole batch at position " + std::to_string(at));
        break;
      }
      if (!batch_crc_matches(std::string_view(content).substr(at, header->size())))
        report("wrong CRC at position " + std::to_string(at));
      if (header->base_offset < next || (header->base_offset > next && header->base_offset > holes_below(path)))
        report("offset " + std::to_string(header->base_offset) + " at position " + std::to_string(at) + ", expected " +
               std::to_string(next));
      next = header->next_offset();
      batches.push_back({*header, at});
      at += header->size();
    }
    check_indexes(files, path, base, batches, found);
  }
}

}  // namespace fulmar
