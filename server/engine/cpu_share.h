// Divides the CPU threads among the engine calls that run at the same time.

#ifndef STROBE_SERVER_ENGINE_CPU_SHARE_H_
#define STROBE_SERVER_ENGINE_CPU_SHARE_H_

namespace strobe::server {

// While one lives, LibTorch's operations on this thread use an equal share of the threads among all
// that live in the process when it is made; at least one. So a call that is alone has every core,
// and calls side by side do not get into each other's way.
class CpuShare {
 public:
  CpuShare();
  ~CpuShare();

  CpuShare(const CpuShare&) = delete;
  CpuShare& operator=(const CpuShare&) = delete;

  // The threads that are shared; LibTorch's choice, one for each physical core, unless set.
  static int total();
  static void SetTotal(int threads);  // before calls; at least 1
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_CPU_SHARE_H_
