#include "runtime/host/host.h"

#include "runtime/fiber/work_meter.h"

namespace fulmar {

namespace {

class MeasuredCall final : public Host::RemoteCall {
 public:
  explicit MeasuredCall(Host::RemoteCall& call) : call_(call) {}
  void run(Host& there) override {
    WorkMeter meter;
    call_.run(there);
    work_ = meter.elapsed();
  }
  Duration work() const { return work_; }

 private:
  Host::RemoteCall& call_;
  Duration work_{0};
};

}  // namespace

void Host::run_measured_on(unsigned n, FiberGroup* group, RemoteCall& call) {
  auto* meter = WorkMeter::current();
  if (!meter) return run_on(n, group, call);
  MeasuredCall measured(call);
  run_on(n, group, measured);
  meter->add(measured.work());
}

}  // namespace fulmar
