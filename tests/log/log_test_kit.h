// A log on a simulated disk, for tests: runs a function as a process of a world.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "broker/log/partition_log.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/clock.h"
#include "runtime/host/disk.h"
#include "sim/world.h"

namespace fulmar {

// Runs `body` as a process on the node until it returns, or `limit` has passed (then the process is left running).
inline void run_process(World& world, Node& node, std::function<void(Host&)> body, Duration limit = seconds(1000)) {
  node.start(1, [body = std::move(body)](Host& host) {
    body(host);
    return 0;
  });
  world.run_until([&] { return !node.running(); }, world.now() + limit);
}

inline Bytes batch_of(int records, const std::string& value, Timestamp at = World::epoch_ms,
                      BatchOptions options = {}) {
  std::vector<Record> list;
  for (int i = 0; i < records; ++i) list.push_back({std::nullopt, value, at, {}});
  return build_batch(list, options);
}

inline Result<Appended, Refusal> append(PartitionLog& log, const Bytes& batch, Epoch epoch = 0) {
  auto header = validate_produced(batch);
  if (!header) return std::unexpected(header.error());
  return log.append(*header, batch, epoch);
}

inline std::vector<ReadRecord> read_all(PartitionLog& log, Offset from) {
  std::vector<ReadRecord> all;
  while (from < log.kept_end()) {
    auto bytes = log.read(from, log.kept_end(), 4096, true);
    EXPECT_TRUE(bytes.has_value()) << to_string(bytes.error());
    if (!bytes || bytes->empty()) break;
    for (Bytes rest = *bytes; !rest.empty();) {
      auto header = read_batch_header(rest.view());
      auto records = read_records(rest.slice(0, header->size()), 1 << 20);
      EXPECT_TRUE(records.has_value());
      if (!records) return all;
      for (auto& record : *records)
        if (record.offset >= from) all.push_back(std::move(record));
      from = header->next_offset();
      rest = rest.slice(header->size());
    }
  }
  return all;
}

}  // namespace fulmar
