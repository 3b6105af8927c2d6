#include "broker/server/shard/quota_meters.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr std::size_t look_from_min = 1024;
constexpr Duration look_interval = seconds(1);
constexpr double debt_seconds_max = 3600;

// The seconds of one burst, which are those that Kafka's default windows span.
double burst_seconds() {
  RateWindowSettings settings;
  return static_cast<double>((settings.sample * settings.samples).count()) / 1e9;
}

}  // namespace

QuotaMeters::Meter* QuotaMeters::find(QuotaKind kind, const QuotaEntity& shared_by, Instant now) {
  Key key{kind, shared_by};
  if (auto found = meters_.find(key); found != meters_.end()) return &found->second;
  if (meters_.size() >= look_from_ && now >= look_again_at_) drop_idle(now);
  if (meters_.size() >= meters_max) {
    ++without_room_;
    return nullptr;
  }
  return &meters_[std::move(key)];
}

// A debt that takes longer than the windows to pay is forgotten here, where there are more meters than room.
void QuotaMeters::drop_idle(Instant now) {
  for (auto at = meters_.begin(); at != meters_.end();)
    at = at->second.used.is_idle(now) ? meters_.erase(at) : std::next(at);
  look_from_ = std::clamp(meters_.size() * 2, look_from_min, meters_max);
  look_again_at_ = now + look_interval;
}

Duration QuotaMeters::count(QuotaKind kind, const QuotaLimit& limit, double amount, Instant now) {
  auto* meter = find(kind, limit.shared_by, now);
  if (!meter) return Duration(0);
  meter->used.count(amount, now);
  return meter->used.excess(limit.rate, now);
}

Duration QuotaMeters::excess(QuotaKind kind, const QuotaLimit& limit, Instant now) {
  auto found = meters_.find({kind, limit.shared_by});
  return found == meters_.end() ? Duration(0) : found->second.used.excess(limit.rate, now);
}

Duration QuotaMeters::admit(const QuotaLimit& limit, double amount, bool strict, Instant now) {
  auto* meter = find(QuotaKind::controller_mutations, limit.shared_by, now);
  if (!meter) return Duration(0);
  const double burst = limit.rate * burst_seconds();
  const double earned = static_cast<double>((now - meter->as_of).count()) / 1e9 * limit.rate;
  meter->left = std::exchange(meter->begun, true) ? std::min(burst, meter->left + earned) : burst;
  meter->as_of = now;
  auto debt = [&] {
    return Duration(static_cast<std::int64_t>(std::min(-meter->left / limit.rate, debt_seconds_max) * 1e9));
  };
  if (strict && meter->left < 0) return debt();
  meter->left -= amount;
  meter->used.count(amount, now);
  return !strict && meter->left < 0 ? debt() : Duration(0);
}

}  // namespace fulmar
