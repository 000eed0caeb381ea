#include "kernels/cpu/kernel_set.h"
#include "kernels/cpu/simd_plain.h"

namespace curlew::kernels {

const KernelTable& plain_kernels() {
  static constexpr KernelTable kTable = kernel_set<SimdPlain>("plain");
  return kTable;
}

}  // namespace curlew::kernels
