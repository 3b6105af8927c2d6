#include "broker/cli/reassign_command.h"

#include <algorithm>

#include "broker/cli/client_command.h"
#include "broker/cli/partition_operands.h"
#include "broker/cli/table.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Wanted = std::map<PartitionName, std::optional<std::vector<std::int32_t>>>;

constexpr Duration look_interval = milliseconds(500);

Result<std::vector<std::int32_t>> parse_brokers(const std::string& text) {
  std::vector<std::int32_t> brokers;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(',', begin), text.size());
    auto number = parse_number(std::string_view(text).substr(begin, end - begin));
    if (!number)
      return fail(Errc::invalid_argument, "expected brokers' numbers with commas between, got '" + text + "'");
    brokers.push_back(*number);
    begin = end + 1;
  }
  return brokers;
}

// The partitions of a whole topic begin with different brokers, so that each broker leads its share.
Answer<Wanted> wanted_on(ClusterClient& cluster, const std::vector<PartitionOperand>& operands,
                         const std::vector<std::int32_t>& brokers) {
  Wanted wanted;
  for (const auto& operand : operands) {
    FULMAR_TRY(auto partitions, find_partitions(cluster, {operand}));
    for (const auto& partition : partitions) {
      auto replicas = brokers;
      if (!operand.partition) std::ranges::rotate(replicas, replicas.begin() + partition.second % std::ssize(replicas));
      wanted[partition] = std::move(replicas);
    }
  }
  return wanted;
}

// Those of the named partitions that are being reassigned. Errors: NO_REASSIGNMENT_IN_PROGRESS, if a named partition is
// not, or none at all.
Answer<Wanted> wanted_back(ClusterClient& cluster, const std::vector<PartitionOperand>& operands) {
  FULMAR_TRY(auto changing, reassignments(cluster));
  Wanted wanted;
  for (const auto& operand : operands) {
    FULMAR_TRY(auto partitions, find_partitions(cluster, {operand}));
    for (const auto& partition : partitions)
      if (operand.partition || changing.contains(partition)) wanted[partition] = std::nullopt;
  }
  if (wanted.empty()) return refuse(ErrorCode::no_reassignment_in_progress, "none of these partitions is on the move");
  return wanted;
}

Answer<void> list(const ClientCommand& command, ClusterClient& cluster, const std::vector<PartitionOperand>& operands) {
  FULMAR_TRY(auto meant, find_partitions(cluster, operands));
  FULMAR_TRY(auto changing, reassignments(cluster));
  Table table({"TOPIC", "PARTITION#", "REPLICAS[]", "ADDING[]", "REMOVING[]"});
  for (const auto& [partition, replicas] : changing)
    if (meant.contains(partition))
      table.add({partition.first, std::to_string(partition.second), joined(replicas.replicas), joined(replicas.adding),
                 joined(replicas.removing)});
  return command.print(table);
}

// Waits until none of these partitions is being reassigned.
Answer<void> wait_until_done(const ClientCommand& command, Host& host, ClusterClient& cluster, const Wanted& wanted) {
  std::ptrdiff_t told = 0;
  for (;;) {
    FULMAR_TRY(auto changing, reassignments(cluster));
    auto left = std::ranges::count_if(wanted, [&](const auto& entry) { return changing.contains(entry.first); });
    if (left == 0) return {};
    if (told != left)
      command.tell(std::to_string(left) + " of " + std::to_string(wanted.size()) + " partitions are on the move");
    told = left;
    host.clock().sleep_for(look_interval);
  }
}

// Prints the resulting replicas. Errors: INVALID_REPLICA_ASSIGNMENT, if another client moved one meanwhile.
Answer<void> tell_where(const ClientCommand& command, ClusterClient& cluster, const Wanted& wanted) {
  FULMAR_TRY(auto found, all_replicas(cluster));
  Table table({"TOPIC", "PARTITION#", "REPLICAS[]"});
  std::string elsewhere;
  for (const auto& [partition, replicas] : wanted) {
    const auto& there = found[partition];
    table.add({partition.first, std::to_string(partition.second), joined(there)});
    if (replicas && *replicas != there) elsewhere += (elsewhere.empty() ? "" : ", ") + to_string(partition);
  }
  FULMAR_TRY_VOID(command.print(table));
  if (elsewhere.empty()) return {};
  return refuse(ErrorCode::invalid_replica_assignment, "somebody else moved or cancelled meanwhile: " + elsewhere);
}

}  // namespace

int reassign_command(const std::vector<std::string>& arguments) {
  std::string to;
  ClientCommand command("cluster reassign", "[TOPIC[:PARTITION]]...",
                        "Moves partitions to the brokers that --to names, while clients go on, and ends when they are\n"
                        "there; shows meanwhile how many are on the move. Interrupted, the partitions go on moving.");
  auto add = command.options();
  add("to", po::value(&to)->value_name("BROKER,..."),
      "who is to have the partitions: as many replicas as brokers, the preferred leader first; of a whole topic's "
      "partitions each begins with another one");
  add("cancel", "have partitions that are on the move go back");
  add("list", "show which partitions are on the move: those named, or all");
  command.lists();
  add("no-wait", "end once it has begun");
  if (auto code = command.parse(arguments)) return *code;
  if (command.given("to") + command.given("cancel") + command.given("list") != 1)
    return command.wrong("one of --to, --cancel and --list is needed");
  auto operands = parse_partition_operands(command.operands());
  if (!operands) return command.wrong(operands.error().detail);
  if (operands->empty() && !command.given("list")) return command.wrong("TOPIC[:PARTITION] is needed");
  auto brokers = command.given("to") ? parse_brokers(to) : std::vector<std::int32_t>();
  if (!brokers) return command.wrong("--to: " + brokers.error().detail);
  return command.run([&](Host& host, ClusterClient& cluster) -> Answer<void> {
    if (command.given("list")) return list(command, cluster, *operands);
    FULMAR_TRY(auto wanted,
               command.given("to") ? wanted_on(cluster, *operands, *brokers) : wanted_back(cluster, *operands));
    FULMAR_TRY_VOID(reassign(cluster, wanted));
    if (command.given("no-wait"))
      return print("partitions that begin to move: " + std::to_string(wanted.size()) + "\n");
    FULMAR_TRY_VOID(wait_until_done(command, host, cluster, wanted));
    return tell_where(command, cluster, wanted);
  });
}

}  // namespace fulmar
