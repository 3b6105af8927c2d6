// Dependency cycles between transactions: executions that no order of what happened explains (Adya 1999, as Elle and
// Jepsen's Kafka workload apply it to a log).
//
// Kafka's transactions are atomic, but their writes are not isolated: each record has its place in a partition from its
// append on, and the records of transactions that are open at once interleave. Transaction A may precede B in one
// partition and follow it in another, by records as well as by markers, since each partition gets its marker by itself.
// So a cycle of write dependencies between whole transactions is legal. What has an order is what a transaction does:
// it reads, writes its records one after the other, each once the previous one is acknowledged, and commits. These
// events are the vertices here, and what surely happened before what are the edges:
//
// - the events of one transaction, in its order;
// - ww: the records of a partition, by offset;
// - ww: transactions of one transactional id, which replace each other's committed offset: the coordinator ends one
//   before the next one begins;
// - wr: the commit of a transaction happens before others read its records (read_committed).
//
// A cycle is impossible:
//
// - of ww edges only: the partitions contradict the order in which writes were acknowledged. (G0)
// - with a wr edge: a transaction depends on one that depends on it. That takes the reading of something uncommitted,
//   or an offset that went to a later record than another's, though its write was acknowledged first. (G1c)
//
// Only transactions that have records at the end take part; those that were aborted must not be read at all (G1a).
// Linear in records and reads, but for the sorting of each transaction's.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "checkers/base/digraph.h"
#include "checkers/transaction_index.h"

namespace fulmar {

namespace {

constexpr std::size_t told_max = 10;     // cycles of each kind in a history
constexpr std::size_t attempts_max = 8;  // edges of a component through which the shortest cycle is looked for

struct Event {
  enum class Kind : std::uint8_t { read, write, commit } kind;
  const PipedTransaction* transaction;
  TopicPartition place = {};  // unless it is a commit
  Offset offset = -1;         // the last one that was read, or that of the record
  Offset source_offset = -1;  // the first one that was read, or of the record that was passed on
  const CommittedRead* read = nullptr;
};

class CycleChecker {
 public:
  CycleChecker(const TransactionIndex& index, Violations& found) : index_(index), found_(found) {}

  void check() {
    collect_events();
    Digraph graph(events_.size());
    order_events(graph);
    order_partitions(graph);
    look_for_cycles(graph, writes_, "G0");
    order_reads(graph);
    look_for_cycles(graph, reads_, "G1c");
  }

 private:
  using Edges = std::vector<std::pair<Vertex, Vertex>>;

  // The events of each transaction become neighbours, in its order.
  void collect_events() {
    for (const auto& [tp, records] : index_.final_records())
      for (const auto& record : records)
        if (const auto* transaction = index_.find(record.transaction))
          events_.push_back({Event::Kind::write, transaction, tp, record.offset, record.source_offset});
    for (const auto& read : index_.history().committed_reads) {
      const auto* transaction = index_.find(read.transaction);
      if (!transaction || read.records.empty() || index_.records_of(read.transaction) == 0) continue;
      events_.push_back(
          {Event::Kind::read, transaction, read.from, read.records.back().offset, read.records.front().offset, &read});
    }
    for (const auto& transaction : index_.history().transactions)
      if (index_.records_of(transaction.number) > 0)
        events_.push_back({Event::Kind::commit, &transaction, {}, -1, std::numeric_limits<Offset>::max()});
    std::ranges::sort(events_, {}, [](const Event& event) {
      return std::tuple(event.transaction->number, event.source_offset, event.kind, event.place, event.offset);
    });
    for (Vertex vertex = 0; vertex < events_.size(); ++vertex) {
      const auto& event = events_[vertex];
      if (event.kind == Event::Kind::commit) commits_[event.transaction->number] = vertex;
      if (event.kind == Event::Kind::write) places_[event.place][event.offset] = vertex;
    }
  }

  void order_events(Digraph& graph) {
    std::map<std::string, Vertex> latest;  // commit of each transactional id
    for (Vertex vertex = 0; vertex < events_.size(); ++vertex) {
      const auto& event = events_[vertex];
      bool first = vertex == 0 || events_[vertex - 1].transaction != event.transaction;
      if (!first) graph.add(vertex - 1, vertex);
      auto before = latest.find(event.transaction->transactional_id);
      if (first && before != latest.end()) add(graph, writes_, before->second, vertex);
      if (event.kind == Event::Kind::commit) latest[event.transaction->transactional_id] = vertex;
    }
  }

  void order_partitions(Digraph& graph) {
    for (const auto& [tp, written] : places_) {
      std::optional<Vertex> before;
      for (const auto& [offset, vertex] : written) {
        if (before) add(graph, writes_, *before, vertex);
        before = vertex;
      }
    }
  }

  void order_reads(Digraph& graph) {
    for (Vertex vertex = 0; vertex < events_.size(); ++vertex) {
      if (events_[vertex].kind != Event::Kind::read) continue;
      for (const auto& record : events_[vertex].read->records) {
        auto commit = commits_.find(record.transaction);
        if (commit != commits_.end()) add(graph, reads_, commit->second, vertex);
      }
    }
  }

  static void add(Digraph& graph, Edges& edges, Vertex from, Vertex to) {
    graph.add(from, to);
    edges.emplace_back(from, to);
  }

  // Each component of the graph that has one of the edges inside has a cycle with it.
  void look_for_cycles(const Digraph& graph, const Edges& edges, const char* anomaly) {
    auto components = strong_components(graph);
    std::map<std::size_t, Edges> inside;
    for (const auto& [from, to] : edges) {
      if (components[from] != components[to]) continue;
      auto& some = inside[components[from]];
      if (some.size() < attempts_max) some.emplace_back(from, to);
    }
    std::size_t told = 0;
    for (const auto& [component, some] : inside) {
      if (++told > told_max) return;
      std::vector<Vertex> shortest;
      for (const auto& [from, to] : some) {
        auto path = shortest_path(graph, components, to, from);
        if (shortest.empty() || path.size() < shortest.size()) shortest = std::move(path);
      }
      found_.push_back({"dependencies of transactions", anomaly, described(shortest),
                        events_[shortest.back()].transaction->completed});
    }
  }

  enum class Relation : std::uint8_t { in_partition, in_transaction, read, transactional_id };

  // Of two events of `events_`.
  static Relation relation(const Event& from, const Event& to) {
    if (from.transaction == to.transaction && &from < &to) return Relation::in_transaction;
    if (from.kind != Event::Kind::commit) return Relation::in_partition;
    bool reads = to.kind == Event::Kind::read && read_of(to, *from.transaction);
    return reads ? Relation::read : Relation::transactional_id;
  }

  // The cycle in words: `path`, and the edge from its end to its start.
  std::string described(const std::vector<Vertex>& path) const {
    struct Step {
      Relation relation;
      const Event* from;
      const Event* to;
    };
    std::vector<Step> steps;
    std::map<std::uint64_t, const PipedTransaction*> transactions;
    for (std::size_t n = 0; n < path.size(); ++n) {
      const auto& from = events_[path[n]];
      const auto& to = events_[path[(n + 1) % path.size()]];
      transactions[from.transaction->number] = from.transaction;
      auto how = relation(from, to);
      // Of a way along a partition, or through one transaction, only the ends are of interest.
      bool goes_on = !steps.empty() && steps.back().relation == how && how <= Relation::in_transaction;
      if (goes_on)
        steps.back().to = &to;
      else
        steps.push_back({how, &from, &to});
    }
    std::string text = "a cycle of dependencies:";
    for (const auto& step : steps) text += "\n  " + described(step.relation, *step.from, *step.to);
    text += "\nwith";
    for (const auto& [number, transaction] : transactions) text += "\n  " + to_string(*transaction);
    return text;
  }

  static std::string described(Relation relation, const Event& from, const Event& to) {
    switch (relation) {
      case Relation::in_partition:
        return to_string(from.place) + " has offset " + std::to_string(from.offset) + " of " + name_of(from) +
               " before offset " + std::to_string(to.offset) + " of " + name_of(to) + " (ww)";
      case Relation::in_transaction: return name_of(from) + " " + done(from) + ", and then " + done(to);
      case Relation::read:
        return name_of(from) + " was committed before " + name_of(to) + " got its record at offset " +
               std::to_string(read_of(to, *from.transaction).value_or(-1)) + " of " + to_string(to.place) + " (wr)";
      case Relation::transactional_id:
        return name_of(from) + " ended before " + name_of(to) + " of the same transactional id began (ww)";
    }
    return "";
  }

  static std::string name_of(const Event& event) { return "transaction " + std::to_string(event.transaction->number); }

  static std::string done(const Event& event) {
    auto place = to_string(event.place) + " at offset " + std::to_string(event.offset);
    switch (event.kind) {
      case Event::Kind::read: return "read " + to_string(event.place) + " up to offset " + std::to_string(event.offset);
      case Event::Kind::write: return "wrote to " + place;
      case Event::Kind::commit: return "was committed";
    }
    return "";
  }

  static std::optional<Offset> read_of(const Event& event, const PipedTransaction& transaction) {
    for (const auto& record : event.read->records)
      if (record.transaction == transaction.number) return record.offset;
    return std::nullopt;
  }

  const TransactionIndex& index_;
  Violations& found_;
  std::vector<Event> events_;  // the vertices
  std::map<std::uint64_t, Vertex> commits_;
  std::map<TopicPartition, std::map<Offset, Vertex>> places_;
  Edges writes_;  // ww
  Edges reads_;   // wr
};

}  // namespace

void check_transaction_cycles(const TransactionIndex& index, Violations& found) {
  CycleChecker(index, found).check();
}

}  // namespace fulmar
