// Faults in plain words, for people who watch a session.
#include <map>
#include <string>

#include "scenarios/serve/served_faults.h"

namespace fulmar {

namespace {

// What happens, with T for the target, P for the peer, N for the amount, and D for the direction that it stands for.
const std::map<std::string_view, std::string_view>& sentences() {
  static const std::map<std::string_view, std::string_view> all{
      {"kill", "T is killed, and starts again"},
      {"power_loss", "T loses power, and starts again"},
      {"stop", "T is stopped in order, and starts again"},
      {"pause", "T does not run"},
      {"busy_shard", "a shard of T does not run"},
      {"slow_process", "T computes slowly"},
      {"clock_jump", "the wall clock of T is wrong by N ms"},
      {"clock_drift", "the wall clock of T drifts by N ppm"},
      {"wipe", "T loses power and all its data, and starts again"},
      {"damage", "T loses power, its log is damaged, and it starts again"},
      {"damage_side_file", "T loses power, a file beside its logs is damaged, and it starts again"},
      {"damage_small_file", "T loses power, a file of its state is damaged, and it starts again"},
      {"disk_slow", "the disk of T takes N times as long"},
      {"slow_reads", "most reads from the disk of T take up to N ms"},
      {"disk_stuck", "the disk of T is stuck"},
      {"disk_full", "the disk of T has N bytes left"},
      {"read_errors", "the disk of T fails N of 1000 reads"},
      {"transient_read_errors", "the disk of T fails N of 1000 reads"},
      {"write_errors", "the disk of T fails N of 1000 writes"},
      {"sync_errors", "the disk of T fails N of 1000 syncs"},
      {"open_errors", "the disk of T fails to open N of 1000 files"},
      {"rename_errors", "the disk of T fails to rename N of 1000 files"},
      {"remove_errors", "the disk of T fails to remove N of 1000 files"},
      {"list_errors", "the disk of T fails to list N of 1000 directories"},
      {"short_reads", "the disk of T returns less than was asked for in N of 1000 reads"},
      {"cut", "nothing passes between T and P, D"},
      {"latency", "messages between T and P take up to N ms"},
      {"latency_to", "messages from P to T take up to N ms"},
      {"latency_from", "messages from T to P take up to N ms"},
      {"clog", "messages between T and P arrive only at the end, D"},
      {"bandwidth", "N bytes per ms pass between T and P"},
      {"reset", "all connections of T break"},
      {"refuse", "T refuses connections of P"},
      {"split", "the network is split in two"},
      {"bridge", "the brokers are split in two, and T reaches both sides"},
      {"ring", "each broker reaches only its two neighbours"},
      {"flap", "T and P are cut off from each other and connected, every N ms"},
      {"isolate", "T is cut off from the other brokers, D"},
      {"cut_after_transfer", "T will be cut off from the other brokers after the next transfer of a leadership"},
      {"cut_from_controller", "T is cut off from the active controller"},
  };
  return all;
}

std::string duration_in_words(Duration duration) {
  auto ms = duration / milliseconds(1);
  if (ms < 1000) return std::to_string(ms) + " ms";
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

}  // namespace

std::string in_words(const Fault& fault, const std::vector<std::string>& nodes) {
  const std::string directions[] = {"both ways", "to " + nodes.at(fault.target), "from " + nodes.at(fault.target)};
  auto found = sentences().find(fault.kind->name);
  std::string text;
  std::string_view sentence = found == sentences().end() ? "T has a fault" : found->second;
  for (std::size_t i = 0; i < sentence.size(); ++i) {
    char before = i == 0 ? ' ' : sentence[i - 1];
    char after = i + 1 == sentence.size() ? ' ' : sentence[i + 1];
    bool alone = before == ' ' && (after == ' ' || after == ',');
    if (alone && sentence[i] == 'T')
      text += nodes.at(fault.target);
    else if (alone && sentence[i] == 'P')
      text += nodes.at(fault.peer);
    else if (alone && sentence[i] == 'N')
      text += std::to_string(fault.amount);
    else if (alone && sentence[i] == 'D')
      text += directions[static_cast<std::size_t>(fault.amount % 3)];
    else
      text += sentence[i];
  }
  text += " (" + std::string(fault.kind->name) + ")";
  return fault.duration > Duration(0) ? text + " for " + duration_in_words(fault.duration) : text;
}

}  // namespace fulmar
