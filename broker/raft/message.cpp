#include "broker/raft/message.h"

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::string at(Offset offset, Epoch epoch) {
  return std::to_string(offset) + "@" + (epoch == unknown_epoch ? "?" : std::to_string(epoch));
}

// The mark of the group's first configuration is not printed.
std::string by(const ConfigurationMark& mark) {
  return mark == ConfigurationMark{} ? "" : " c" + std::to_string(mark.term) + "." + std::to_string(mark.version);
}

std::string with(const std::optional<MarkedConfiguration>& known) {
  return known ? by(known->mark) + " (" + to_string(known->configuration) + ")" : "";
}

std::string text_of(const VoteRequest& body) {
  return std::string(body.pre_vote ? "pre-vote? " : "vote? ") + at(body.log_end, body.log_term) +
         (body.transfer ? " transfer" : "") + by(body.configuration);
}

std::string text_of(const VoteReply& body) {
  return std::string(body.pre_vote ? "pre-vote " : "vote ") + (body.granted ? "yes" : "no") + with(body.configuration);
}

std::string text_of(const AppendRequest& body) {
  auto text = "append " + at(body.prev_offset, body.prev_epoch) + ".." + std::to_string(body.end);
  for (const auto& span : body.epochs) text += " e" + std::to_string(span.epoch);
  return text + " commit " + std::to_string(body.commit) + " start " + std::to_string(body.term_start) +
         with(body.configuration);
}

std::string text_of(const AppendReply& body) {
  switch (body.verdict) {
    case Verdict::matched: return "matched " + at(body.match, body.log_term) + by(body.configuration);
    case Verdict::mismatched:
      return "mismatched " + std::to_string(body.prev_offset) + " hint " + at(body.hint.start_offset, body.hint.epoch);
    case Verdict::start_over: return "must start over";
  }
  FULMAR_UNREACHABLE();
}

std::string text_of(const Heartbeat& body) {
  return "heartbeat commit " + std::to_string(body.commit) + (body.healed ? " healed" : "") +
         (body.quiesce ? " quiesce" : "") + with(body.configuration);
}

std::string text_of(const HeartbeatReply& body) {
  return "alive " + at(body.match, body.log_term) + (body.damage ? " damaged" : "") +
         (body.quiesced ? " quiesced" : "") + by(body.configuration);
}

std::string text_of(const TimeoutNow& body) {
  return "timeout now, commit " + std::to_string(body.commit);
}

std::string text_of(const StartOver& body) {
  return "start over " + at(body.offset, body.epoch) + with(body.configuration);
}

}  // namespace

std::string to_string(const Message& message) {
  return to_string(message.from) + ">" + to_string(message.to) + " t" + std::to_string(message.term) + " " +
         std::visit([](const auto& body) { return text_of(body); }, message.body);
}

}  // namespace fulmar
