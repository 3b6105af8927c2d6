// Sends batches that are small, large once decompressed, and malformed only at their end: the broker has to decompress
// and refuse them without delaying others.
#include <algorithm>

#include "broker/protocol/messages/produce.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/work.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "sim/world.h"

namespace fulmar {

namespace {

constexpr std::int64_t pace_ms_max = 10'000;
constexpr std::int16_t by_name_version_max = 12;
constexpr std::int64_t plain_bytes_max = 512 << 10;  // the simulator has to decompress it too

// So large that a broker which decompresses it in one piece, slowed down by that factor, stalls its shard.
std::size_t plain_bytes(std::int64_t work_factor) {
  constexpr auto work_of_kib = unpack_work(1024) + walk_work(1024);
  auto kib = 2 * World::stall_min / (work_of_kib * work_factor);
  return static_cast<std::size_t>(std::min(kib * 1024, plain_bytes_max));
}

// Its header counts one record too many.
Bytes malformed_batch(Compression codec, std::size_t plain_bytes, Timestamp now) {
  auto batch = build_batch({{std::nullopt, std::string(plain_bytes, '\0'), now, {}}}, {.codec = codec});
  auto header = *read_batch_header(batch.view());
  header.record_count = 2;
  header.last_offset_delta = 1;
  auto records = batch.view().substr(batch_header_size);
  header.crc = crc32c(records, header_crc(header));
  MutableBytes claimed(batch.size());
  write_batch_header(claimed.data(), header);
  std::copy(records.begin(), records.end(), claimed.data() + batch_header_size);
  return std::move(claimed).freeze();
}

}  // namespace

void send_malformed(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  auto size = plain_bytes(workload.plan.setting(settings::work_factor));
  while (!workload.stop) {
    pause(host, random, pace_ms_max);
    auto to = pick_partition(random, workload);
    auto codec = static_cast<Compression>(random.between(1, 4));
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    auto leader = brokers.leader(to.topic, to.partition, deadline);
    if (!leader) continue;
    ProduceRequest request;
    request.acks = 1;
    request.timeout_ms = 1000;
    request.topics.push_back(
        {to.topic, {{to.partition, ByteChain(malformed_batch(codec, size, host.clock().wall_ms()))}}, {}});
    auto response = (*leader)->call<ProduceResponse>(request, deadline, by_name_version_max);
    if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) continue;
    switch (response->topics[0].partitions[0].error_code) {
      case ErrorCode::none:
        workload.seen.push_back({"no phantoms", "malformed-accepted",
                                 "a batch with fewer records than it claims was accepted in " + to.topic,
                                 host.clock().now()});
        break;
      case ErrorCode::invalid_record: workload.marks.reach(Mark::malformed_batch_refused); break;
      default: brokers.doubt_leader(to.topic, to.partition); break;
    }
  }
  note_wrong_answer(workload, host, brokers.saw_wrong_answer(), "a client of malformed batches");
}

}  // namespace fulmar
