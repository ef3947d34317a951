#include "server/engine/cpu_share.h"

#include <algorithm>
#include <atomic>

#include <ATen/Parallel.h>

namespace strobe::server {
namespace {

std::atomic<int>& Total() {
  static std::atomic<int> total = at::get_num_threads();
  return total;
}

std::atomic<int> sharing = 0;

}  // namespace

CpuShare::CpuShare() {
  const int calls = ++sharing;
  // OpenMP keeps the number of threads for each calling thread.
  at::set_num_threads(std::max(1, total() / calls));
}

CpuShare::~CpuShare() { --sharing; }

int CpuShare::total() { return Total(); }

void CpuShare::SetTotal(int threads) { Total() = std::max(1, threads); }

}  // namespace strobe::server
