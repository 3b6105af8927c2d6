#include "broker/replication/raft_frame.h"

#include <algorithm>
#include <limits>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

using Wire = RaftMessagesRequest;

// No group reaches these; counting on from them would overflow.
constexpr Epoch term_max = std::numeric_limits<Epoch>::max() / 2;
constexpr std::size_t replicas_max = 1000;  // of one set; no more can be stored either
// In the holes of one append: more would be expensive to fill (PartitionLog::append_replicated).
constexpr Offset missing_offsets_max = Offset{1} << 40;
constexpr Offset offset_max = std::numeric_limits<Offset>::max() / 2;

std::vector<Wire::Replica> replicas_to_wire(const std::vector<ReplicaId>& ids) {
  std::vector<Wire::Replica> out;
  for (const auto& id : ids) out.push_back({id.broker, id.directory});
  return out;
}

bool is_offset(Offset offset) {
  return offset >= 0 && offset <= offset_max;
}

// Sets as the core relies on: each replica once, no voter is a learner, at least one voter.
bool is_possible(const Configuration& configuration) {
  for (const auto* ids : {&configuration.voters, &configuration.next_voters, &configuration.learners})
    if (ids->size() > replicas_max || std::adjacent_find(ids->begin(), ids->end()) != ids->end()) return false;
  bool apart = std::none_of(configuration.learners.begin(), configuration.learners.end(),
                            [&](const ReplicaId& id) { return configuration.is_voter(id); });
  return !configuration.empty() && apart;
}

std::vector<ReplicaId> replicas_from_wire(const std::vector<Wire::Replica>& replicas) {
  std::vector<ReplicaId> out;
  for (const auto& replica : replicas) out.push_back({replica.broker_id, replica.directory_id});
  std::sort(out.begin(), out.end());  // the core relies on the order
  return out;
}

Wire::Mark wire_of(const ConfigurationMark& mark) {
  return {mark.term, mark.version};
}

ConfigurationMark from_wire(const Wire::Mark& mark) {
  return {mark.term, mark.version};
}

Wire::Configuration wire_of(const MarkedConfiguration& known) {
  return {wire_of(known.mark), replicas_to_wire(known.configuration.voters),
          replicas_to_wire(known.configuration.next_voters), replicas_to_wire(known.configuration.learners)};
}

std::vector<Wire::Configuration> wire_of(const std::optional<MarkedConfiguration>& known) {
  return known ? std::vector{wire_of(*known)} : std::vector<Wire::Configuration>();
}

bool is_possible(const ConfigurationMark& mark, Epoch term) {
  return mark.term >= -1 && mark.term <= term && mark.version >= 0 && mark.version <= offset_max;
}

// nullopt if it cannot be sent in that term.
std::optional<MarkedConfiguration> from_wire(const Wire::Configuration& wire, Epoch term) {
  MarkedConfiguration known{
      from_wire(wire.mark),
      {replicas_from_wire(wire.voters), replicas_from_wire(wire.next_voters), replicas_from_wire(wire.learners)}};
  bool possible = is_possible(known.mark, term) && is_possible(known.configuration);
  return possible ? std::optional(std::move(known)) : std::nullopt;
}

// The configuration, if the message has one. Returns false if it is invalid.
bool from_wire(const std::vector<Wire::Configuration>& wire, Epoch term, std::optional<MarkedConfiguration>& known) {
  if (wire.empty()) return true;
  known = from_wire(wire.front(), term);
  return known && wire.size() == 1;
}

// Puts one message into the list of its kind.
struct ToWire {
  Wire& out;
  Wire::Group group;
  Bytes batches;

  void operator()(VoteRequest& m) {
    out.vote_requests.push_back({group, m.log_end, m.log_term, m.pre_vote, m.transfer, wire_of(m.configuration)});
  }
  void operator()(VoteReply& m) {
    out.vote_replies.push_back({group, m.pre_vote, m.granted, m.log_start, wire_of(m.configuration)});
  }
  void operator()(AppendRequest& m) {
    Wire::Append wire;
    wire.group = group;
    wire.prev_offset = m.prev_offset;
    wire.prev_epoch = m.prev_epoch;
    for (const auto& span : m.epochs) wire.epochs.push_back({span.epoch, span.start_offset});
    wire.end = m.end;
    wire.commit = m.commit;
    wire.log_start = m.log_start;
    wire.log_end = m.log_end;
    wire.term_start = m.term_start;
    wire.sent_at = m.sent_at.ns;
    wire.configuration = wire_of(m.configuration);
    wire.tombstone_bound = m.tombstone_bound;
    wire.records = ByteChain(std::move(batches));
    out.appends.push_back(std::move(wire));
  }
  void operator()(AppendReply& m) {
    out.append_replies.push_back({group,
                                  static_cast<std::int8_t>(m.verdict),
                                  m.match,
                                  m.prev_offset,
                                  {m.hint.epoch, m.hint.start_offset},
                                  m.log_end,
                                  static_cast<std::int64_t>(m.damage),
                                  m.sent_at.ns,
                                  m.log_start,
                                  m.log_term,
                                  wire_of(m.configuration),
                                  m.cleaned_to,
                                  m.tombstone_bound});
  }
  void operator()(Heartbeat& m) {
    out.heartbeats.push_back({group, m.commit, m.log_start, static_cast<std::int64_t>(m.healed), m.sent_at.ns,
                              m.quiesce ? m.quiesce->number : 0, wire_of(m.configuration), m.tombstone_bound,
                              m.tombstones_removable});
  }
  void operator()(HeartbeatReply& m) {
    out.heartbeat_replies.push_back({group, m.match, static_cast<std::int64_t>(m.damage), m.sent_at.ns,
                                     m.quiesced ? m.quiesced->number : 0, m.log_start, m.log_term,
                                     wire_of(m.configuration), m.cleaned_to, m.tombstone_bound});
  }
  void operator()(TimeoutNow& m) { out.timeouts.push_back({group, m.commit}); }
  void operator()(StartOver& m) {
    out.starts_over.push_back(
        {group, m.offset, m.epoch, wire_of(m.configuration), m.commit, m.sent_at.ns, m.term_start, m.tombstone_bound});
  }
};

// Whether the records are what the append says, as the core relies on. Batches ascend, each in one epoch, none reaches
// beyond the end; offsets without a batch are a hole of the leader's log. The first batch may begin before the append:
// an empty log may begin within it (Replica::change_log). Errors: corrupt, if they are no batches, or not in order.
Result<bool> carries(const AppendRequest& request, Epoch term, std::string_view records) {
  bool as_said = is_offset(request.prev_offset) && is_offset(request.term_start) && is_offset(request.end);
  as_said = as_said && request.epochs.empty() == (request.end == request.prev_offset);
  as_said = as_said && (request.epochs.empty() || request.epochs.front().start_offset == request.prev_offset);
  Epoch before = std::max(request.prev_epoch, -1);
  auto start = request.prev_offset;
  for (const auto& span : request.epochs) {
    bool first = &span == &request.epochs.front();
    as_said = as_said && (first ? span.epoch >= before : span.epoch > before) && span.epoch <= term;
    as_said = as_said && span.start_offset >= start && span.start_offset < request.end;
    as_said = as_said && (span.epoch == term || span.start_offset < request.term_start);
    before = span.epoch;
    start = span.start_offset;
  }
  auto end = request.prev_offset;
  Offset missing = 0;
  auto span = request.epochs.begin();
  for (std::size_t at = 0; at < records.size();) {
    FULMAR_TRY(auto header, read_batch_header(records.substr(at)));
    bool follows = at == 0 ? header.next_offset() > end : header.base_offset >= end;
    if (header.size() > records.size() - at || !follows || header.base_offset < 0 || header.last_offset_delta < 0 ||
        !is_offset(header.next_offset()))
      return fail(Errc::corrupt, "the batches of an append are not whole, or not in order");
    missing += std::max<Offset>(header.base_offset - end, 0);
    end = header.next_offset();
    at += header.size();
    auto from = std::max(header.base_offset, request.prev_offset);
    while (span != request.epochs.end() && std::next(span) != request.epochs.end() &&
           std::next(span)->start_offset <= from)
      ++span;
    as_said = as_said && span != request.epochs.end() && span->epoch == header.leader_epoch;
    as_said = as_said && (!as_said || std::next(span) == request.epochs.end() || std::next(span)->start_offset >= end);
  }
  missing += std::max<Offset>(request.end - end, 0);
  return as_said && end <= request.end && missing <= missing_offsets_max;
}

Result<GroupMessage> append_from_wire(Wire::Append& wire) {
  AppendRequest request;
  request.prev_offset = wire.prev_offset;
  request.prev_epoch = wire.prev_epoch;
  for (const auto& span : wire.epochs) request.epochs.push_back({span.epoch, span.start_offset});
  request.end = wire.end;
  request.commit = wire.commit;
  request.log_start = wire.log_start;
  request.log_end = wire.log_end;
  request.term_start = wire.term_start;
  request.sent_at = {wire.sent_at};
  auto records = wire.records.flatten();
  FULMAR_TRY(bool as_said, carries(request, wire.group.term, records.view()));
  request.tombstone_bound = wire.tombstone_bound;
  if (!from_wire(wire.configuration, wire.group.term, request.configuration))
    return fail(Errc::corrupt, "an append with a configuration that can't be");
  as_said = as_said && is_offset(request.tombstone_bound);
  if (!as_said || request.prev_epoch < unknown_epoch || request.prev_epoch > wire.group.term)
    return fail(Errc::corrupt, "an append does not carry what it says");
  return GroupMessage{{}, {{}, {}, -1, std::move(request)}, std::move(records)};
}

}  // namespace

RaftMessagesRequest to_wire(std::vector<GroupMessage> messages, std::int32_t shard) {
  FULMAR_ASSERT(!messages.empty());
  Wire out;
  out.from_directory_id = messages.front().message.from.directory;
  out.to_directory_id = messages.front().message.to.directory;
  out.from_shard = shard;
  for (auto& item : messages)
    std::visit(ToWire{out, {item.group.topic, item.group.partition, item.message.term}, std::move(item.batches)},
               item.message.body);
  return out;
}

Result<std::vector<GroupMessage>> from_wire(RaftMessagesRequest request, std::int32_t from, std::int32_t to) {
  std::vector<GroupMessage> messages;
  bool possible = true;
  auto add = [&](const Wire::Group& group, GroupMessage item) {
    // Leaders and candidates have a term; a replica that has none yet only replies.
    bool answers = std::holds_alternative<VoteReply>(item.message.body) ||
                   std::holds_alternative<AppendReply>(item.message.body) ||
                   std::holds_alternative<HeartbeatReply>(item.message.body);
    possible = possible && group.term >= (answers ? -1 : 0) && group.term <= term_max && group.partition >= 0;
    item.group = {group.topic_id, group.partition};
    item.message.term = group.term;
    item.message.from = {from, request.from_directory_id};
    item.message.to = {to, request.to_directory_id};
    messages.push_back(std::move(item));
  };
  auto said = [&](const Wire::Group& group, decltype(Message::body) body) {
    add(group, {{}, {{}, {}, -1, std::move(body)}, {}});
  };
  auto epoch = [&](std::int64_t number) {
    return number == 0 ? std::optional<LivenessEpoch>() : LivenessEpoch{request.from_shard, number};
  };
  for (const auto& m : request.vote_requests) {
    auto mark = from_wire(m.configuration);
    possible = possible && is_possible(mark, m.group.term);
    said(m.group, VoteRequest{m.log_end, m.log_term, m.pre_vote, m.transfer, mark});
  }
  for (const auto& m : request.vote_replies) {
    std::optional<MarkedConfiguration> later;
    possible = possible && is_offset(m.log_start) && from_wire(m.configuration, m.group.term, later);
    said(m.group, VoteReply{m.pre_vote, m.granted, m.log_start, std::move(later)});
  }
  for (const auto& m : request.starts_over) {
    auto configuration = from_wire(m.configuration, m.group.term);
    possible = possible && is_offset(m.offset) && m.epoch >= -1 && m.epoch <= m.group.term && is_offset(m.term_start) &&
               is_offset(m.tombstone_bound) && configuration;
    if (!possible) break;
    said(m.group,
         StartOver{
             m.offset, m.epoch, std::move(*configuration), m.commit, {m.sent_at}, m.term_start, m.tombstone_bound});
  }
  for (auto& m : request.appends) {
    FULMAR_TRY(auto append, append_from_wire(m));
    add(m.group, std::move(append));
  }
  for (const auto& m : request.append_replies) {
    if (m.verdict < 0 || m.verdict > static_cast<std::int8_t>(Verdict::start_over))
      return fail(Errc::corrupt, "a verdict that is none");
    possible = possible && is_offset(m.cleaned_to) && is_offset(m.tombstone_bound);
    said(m.group, AppendReply{static_cast<Verdict>(m.verdict),
                              m.match,
                              m.prev_offset,
                              {m.hint.epoch, m.hint.start_offset},
                              m.log_end,
                              static_cast<std::uint64_t>(m.damage),
                              {m.sent_at},
                              m.log_start,
                              m.log_term,
                              from_wire(m.configuration),
                              m.cleaned_to,
                              m.tombstone_bound});
  }
  for (const auto& m : request.heartbeats) {
    std::optional<MarkedConfiguration> configuration;
    possible = possible && from_wire(m.configuration, m.group.term, configuration) && is_offset(m.tombstone_bound) &&
               is_offset(m.tombstones_removable);
    said(m.group, Heartbeat{m.commit,
                            m.log_start,
                            static_cast<std::uint64_t>(m.healed),
                            {m.sent_at},
                            epoch(m.quiesce),
                            std::move(configuration),
                            m.tombstone_bound,
                            m.tombstones_removable});
  }
  for (const auto& m : request.heartbeat_replies) {
    possible = possible && is_offset(m.cleaned_to) && is_offset(m.tombstone_bound);
    said(m.group, HeartbeatReply{m.match,
                                 static_cast<std::uint64_t>(m.damage),
                                 {m.sent_at},
                                 epoch(m.quiesced),
                                 m.log_start,
                                 m.log_term,
                                 from_wire(m.configuration),
                                 m.cleaned_to,
                                 m.tombstone_bound});
  }
  for (const auto& m : request.timeouts) said(m.group, TimeoutNow{m.commit});
  if (!possible) return fail(Errc::corrupt, "a term or an offset that can't be");
  return messages;
}

PulsesRequest::Pulse to_wire(const Pulse& pulse) {
  return {{pulse.epoch.shard, pulse.epoch.number}, pulse.sent_at.ns};
}

PulsesRequest::Answer to_wire(const PulseAnswer& answer) {
  return {{answer.asked.shard, answer.asked.number}, {answer.epoch.shard, answer.epoch.number}, answer.sent_at.ns};
}

Pulse from_wire(const PulsesRequest::Pulse& pulse) {
  return {{pulse.epoch.shard, pulse.epoch.number}, {pulse.sent_at}};
}

PulseAnswer from_wire(const PulsesRequest::Answer& answer) {
  return {{answer.asked.shard, answer.asked.number}, {answer.epoch.shard, answer.epoch.number}, {answer.sent_at}};
}

}  // namespace fulmar
