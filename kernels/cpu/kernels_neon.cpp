#if defined(CURLEW_ARM_PATHS)
#include "kernels/cpu/kernel_set.h"
#include "kernels/cpu/simd_neon.h"

namespace curlew::kernels {

const KernelTable& neon_kernels() {
  static constexpr KernelTable kTable = kernel_set<SimdNeon>("neon");
  return kTable;
}

}  // namespace curlew::kernels
#endif
