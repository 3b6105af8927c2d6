#include "broker/protocol/record_body.h"

#include <algorithm>

#include "broker/protocol/work.h"

namespace fulmar {

RecordBody::RecordBody(Compression codec, std::string_view packed, std::size_t size_max, const DidWork* did_work,
                       const Sink* sink)
    : packed_(packed), size_max_(size_max), did_work_(did_work), sink_(sink) {
  if (codec == Compression::none) return;
  auto made = make_decompressor(codec, packed);
  if (made)
    decompressor_ = std::move(*made);
  else
    fail_once(std::move(made).error());
}

void RecordBody::fail_once(Error error) {
  if (!error_) error_ = std::move(error);
  at_ = end_;
}

bool RecordBody::refill() {
  before_ += static_cast<std::uint64_t>(end_ - begin_);
  begin_ = at_ = end_ = nullptr;
  for (;;) {
    if (error_ || (decompressor_ ? decompressor_->ended() : packed_.empty())) return false;
    std::string_view piece;
    if (decompressor_) {
      auto next = decompressor_->next();
      if (!next) {
        fail_once(std::move(next).error());
        return false;
      }
      piece = *next;
    } else {
      piece = packed_.substr(0, decompression_step_bytes);
      packed_.remove_prefix(piece.size());
    }
    if (piece.size() > size_max_ - before_) {
      fail_once({Errc::too_large, "records are too large when decompressed"});
      return false;
    }
    if (did_work_)
      (*did_work_)(decompressor_ ? unpack_work(piece.size()) + walk_work(piece.size()) : walk_work(piece.size()));
    if (piece.empty()) continue;
    if (sink_) (*sink_)(piece);
    begin_ = at_ = piece.data();
    end_ = begin_ + piece.size();
    return true;
  }
}

bool RecordBody::more() {
  if (refill()) return true;
  fail_once({Errc::corrupt, "the records end early"});
  return false;
}

}  // namespace fulmar
