#include "campaign/recorded_life.h"

#include <nlohmann/json.hpp>

#include "campaign/happening_wire.h"
#include "campaign/memory_limit.h"

namespace fulmar {

namespace {

using nlohmann::json;

// What the life's process writes: a letter, a size and so many bytes, again and again.
constexpr char happening_letter = 'h', operations_letter = 'o';

struct Frame {
  char letter = 0;
  std::string bytes;
};

void write_frame(std::FILE* out, char letter, const std::string& bytes) {
  std::uint64_t size = bytes.size();
  std::fputc(letter, out);
  std::fwrite(&size, sizeof size, 1, out);
  std::fwrite(bytes.data(), bytes.size(), 1, out);
  std::fflush(out);  // so that none before a crash is lost
}

std::optional<Frame> read_frame(std::FILE* in) {
  Frame frame;
  std::uint64_t size = 0;
  if (std::fread(&frame.letter, 1, 1, in) != 1 || std::fread(&size, sizeof size, 1, in) != 1) return std::nullopt;
  frame.bytes.resize(size);
  if (std::fread(frame.bytes.data(), 1, size, in) != size) return std::nullopt;
  return frame;
}

std::string encode_operations(const std::vector<LifeRecord::Operation>& operations) {
  auto all = json::array();
  for (const auto& one : operations)
    all.push_back({one.client, one.what, one.invoked.ns, one.completed.ns, one.outcome});
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<LifeRecord::Operation> decode_operations(const std::string& text) {
  std::vector<LifeRecord::Operation> all;
  for (const auto& one : json::parse(text))
    all.push_back({.client = one[0],
                   .what = one[1],
                   .invoked = Instant{one[2].get<std::int64_t>()},
                   .completed = Instant{one[3].get<std::int64_t>()},
                   .outcome = one[4]});
  return all;
}

void play_to(std::FILE* out, const Scenario& scenario, const Plan& plan) {
  MemoryLimit limit(life_bytes_max);
  LifeOptions options;
  options.record = true;
  options.happening = [&](const Happening& happening) { write_frame(out, happening_letter, encode(happening)); };
  auto life = scenario.run(plan, options);
  write_frame(out, operations_letter, encode_operations(life.record.operations));
}

}  // namespace

RecordedLife::RecordedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max)
    : process_(life_seconds_max, [&](std::FILE* out) { play_to(out, scenario, plan); }) {}

std::optional<Happening> RecordedLife::next() {
  auto frame = read_frame(process_.in());
  if (!frame) return std::nullopt;
  if (frame->letter == happening_letter) return decode_happening(frame->bytes);
  operations_ = decode_operations(frame->bytes);
  return std::nullopt;
}

}  // namespace fulmar
