#if defined(CURLEW_X86_PATHS)
#include "kernels/cpu/kernel_set.h"
#include "kernels/cpu/simd_avx512.h"

namespace curlew::kernels {

const KernelTable& avx512_kernels() {
  static constexpr KernelTable kTable = kernel_set<SimdAvx512>("avx512-vnni");
  return kTable;
}

}  // namespace curlew::kernels
#endif
