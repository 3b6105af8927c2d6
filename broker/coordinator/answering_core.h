// AnsweringCore: makes a CoordinatorCore of a pure coordinator that answers requests by tokens: maps tokens to
// callbacks, and appends to records. A derived class reads and writes the records.
//
// `Coordinator`: its take_output() has appends, each with an id, answers, each with the token of its request, and
// notes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/protocol/records/coordinator_record.h"

namespace fulmar {

// The record to append at that time.
inline Record to_record(const RecordBytes& bytes, Timestamp wall) {
  Record record{std::string(bytes.key.view()), std::nullopt, wall, {}};
  if (bytes.value) record.value = std::string(bytes.value->view());
  return record;
}

template <class Coordinator>
class AnsweringCore : public CoordinatorCore {
  using Output = decltype(std::declval<Coordinator&>().take_output());

 public:
  using Token = std::uint64_t;
  using Answer = typename decltype(Output::answers)::value_type;
  using Answered = std::function<void(Answer)>;

  // Registers a request to the coordinator: `answered` is called once, within a later take_appends(). Must not wait.
  Token expect(Answered answered, CoordinatorTime now) {
    wall_ = now.wall;
    waiting_.emplace(++last_token_, std::move(answered));
    return last_token_;
  }

  bool finish_loading(CoordinatorTime now) override {
    wall_ = now.wall;
    return coordinator_.finish_loading(now);
  }
  void tick(CoordinatorTime now) override {
    wall_ = now.wall;
    coordinator_.tick(now);
  }
  Instant next_deadline() const override { return coordinator_.next_deadline(); }
  void committed(AppendId through, CoordinatorTime now) override {
    wall_ = now.wall;
    coordinator_.committed(through, now);
  }
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime now) override {
    wall_ = now.wall;
    coordinator_.append_failed(id, why, now);
  }
  void resign() override { coordinator_.resign(); }
  std::vector<Append> take_appends() override {
    auto output = coordinator_.take_output();
    for (const auto& note : output.notes) note_(note);
    for (auto& answer : output.answers) {
      auto waiting = waiting_.extract(answer.token);
      if (!waiting.empty()) waiting.mapped()(std::move(answer));
    }
    std::vector<Append> appends;
    for (const auto& append : output.appends) {
      appends.push_back({append.id, written(append, wall_), {}});
      if constexpr (requires { append.writer; }) appends.back().writer = append.writer;
    }
    return appends;
  }

 protected:
  using ToAppend = typename decltype(Output::appends)::value_type;

  // `note` writes a line to the operator's log. The other arguments are the coordinator's.
  template <class... Arguments>
  explicit AnsweringCore(std::function<void(const std::string&)> note, Arguments&&... arguments)
      : coordinator_(std::forward<Arguments>(arguments)...), note_(std::move(note)) {}

  virtual std::vector<Record> written(const ToAppend& append, Timestamp wall) const = 0;

  Coordinator coordinator_;

 private:
  std::function<void(const std::string&)> note_;
  std::map<Token, Answered> waiting_;
  Token last_token_ = 0;
  Timestamp wall_ = 0;  // of the last input; the time of the records
};

}  // namespace fulmar
