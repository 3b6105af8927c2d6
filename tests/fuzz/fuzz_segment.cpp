// A partition's directory as an earlier process may have left it: recovery must end, with a readable log or an error.
// The first bytes say how the input is divided into files.
#include "broker/log/log_manager.h"
#include "runtime/host/clock.h"
#include "sim/world.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  if (size < 4) return 0;
  std::string_view rest(data + 4, size - 4);
  auto part = [&](int which) {
    auto piece = rest.substr(0, std::min<std::size_t>(rest.size(), static_cast<unsigned char>(data[which]) * 8));
    rest.remove_prefix(piece.size());
    return piece;
  };
  auto index = part(0), time_index = part(1), snapshot = part(2);
  bool clean = data[3] & 1;
  World world(1, LogLevel::error);
  auto& node = world.add_node("node");
  node.start(1, [&](Host& host) {
    auto& disk = host.disk();
    (void)disk.create_directory("t-0").has_value();
    auto put = [&](const char* name, std::string_view content) {
      auto file = disk.open(std::string("t-0/") + name, OpenMode::open_or_create);
      (void)(*file)->write_at(0, ByteChain(Bytes::copy_of(content))).has_value();
    };
    put("00000000000000000000.log", rest);
    put("00000000000000000000.index", index);
    put("00000000000000000000.timeindex", time_index);
    put("00000000000000000000.snapshot", snapshot);
    if (data[3] & 8) put("00000000000000000000.txnindex", time_index);
    if (data[3] & 16) put("fulmar-checkpoint", Checkpoint{0, 0, 0, 0}.encode());
    if (data[3] & 2) put("00000000000000000003.log", rest.substr(rest.size() / 2));
    if (data[3] & 4) put("fulmar-checkpoint", snapshot);
    LogManager manager(host, {});
    auto log = manager.open("t-0", {}, clean).value_or(nullptr);
    if (!log) return 0;
    (void)log->read(log->log_start(), log->log_end(), 10'000, true).has_value();
    (void)log->last_stable_offset(log->log_end());
    (void)log->aborted(log->log_start(), log->log_end());
    (void)log->offset_for_timestamp(5, log->kept_end()).has_value();
    return 0;
  });
  if (!world.run_until([&] { return !node.running(); }, Instant{} + seconds(100))) __builtin_trap();
  return 0;
}
