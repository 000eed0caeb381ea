#if defined(CURLEW_X86_PATHS)
#include "kernels/cpu/float_kernels.h"
#include "kernels/cpu/simd_avx512_bf16.h"

namespace curlew::kernels {

// What multiplies bfloat16 weights is all that differs from the path without the instruction.
const KernelTable& avx512_bf16_kernels() {
  static const KernelTable table = [] {
    KernelTable t = avx512_kernels();
    t.name = "avx512-bf16";
    t.float_fn = float_fn<SimdAvx512Bf16>;
    t.round_activations = round_activations<SimdAvx512Bf16>;
    return t;
  }();
  return table;
}

}  // namespace curlew::kernels
#endif
