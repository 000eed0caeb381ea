#if defined(CURLEW_X86_PATHS)
#include "kernels/cpu/kernel_set.h"
#include "kernels/cpu/simd_avx2.h"

namespace curlew::kernels {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable kTable = kernel_set<SimdAvx2>("avx2");
  return kTable;
}

}  // namespace curlew::kernels
#endif
