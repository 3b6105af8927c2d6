// CoordinatorAnswer: an answer of a group's coordinator that is waited for without a fiber.
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

  // Has the coordinator of `group` do what `input` says; `frame` makes of its answer what goes to the client. If it
  // can't be asked, `refused` makes an answer of why.
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
    // Not if no attempt was made yet, or two of them would give the answer.
    if (std::exchange(waiting_, false) && again) again();
  }

  BrokerShard& shard_;
  const Frame frame_;
  std::optional<std::uint64_t> call_;  // while it is waited for
  std::optional<Response> response_;
  bool waiting_ = false;  // an attempt was made, in vain
};

}  // namespace fulmar
