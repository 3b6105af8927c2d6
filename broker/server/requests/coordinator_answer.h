// CoordinatorAnswer: waits for a group coordinator's answer without a fiber.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

template <class Response>
class CoordinatorAnswer final : public DelayedAnswer {
 public:
  using Frame = std::function<ByteChain(Response)>;

  // Passes `input` to the coordinator of `group`; `frame` makes the response from its answer. If there is no
  // coordinator to ask, `refused` makes the answer.
  static Finish begin(BrokerShard& shard, const std::string& group, const GroupService::Input& input, Frame frame,
                      const std::function<Response(ErrorCode)>& refused) {
    std::unique_ptr<CoordinatorAnswer> answer(new CoordinatorAnswer(shard, std::move(frame)));
    auto* waiting = answer.get();
    auto asked = shard.groups().ask(group, input, [waiting](GroupAnswer said) { waiting->told(std::move(said)); });
    if (!asked) return Finish::with(answer->frame_(refused(asked.error())));
    if (!answer->response_) answer->call_ = *asked;
    return Finish(std::move(answer));
  }
  virtual ~CoordinatorAnswer() {
    if (call_) shard_.groups().forget(*call_);
  }

  std::optional<Ready> attempt() override {
    waiting_ = !response_;
    if (waiting_) return std::nullopt;
    return Ready{.frame = frame_(std::move(*response_)), .memory = {}};
  }

 private:
  CoordinatorAnswer(BrokerShard& shard, Frame frame) : shard_(shard), frame_(std::move(frame)) {}

  void told(GroupAnswer said) {
    call_.reset();
    response_ = std::get<Response>(std::move(said.response));
    // Before the first attempt this must not call `again`: two attempts would give the answer.
    if (std::exchange(waiting_, false) && again) again();
  }

  BrokerShard& shard_;
  const Frame frame_;
  std::optional<std::uint64_t> call_;  // while the answer is awaited
  std::optional<Response> response_;
  bool waiting_ = false;  // an attempt has found no answer
};

}  // namespace fulmar
