#include <atomic>
#include <cstdlib>
#include <cstring>

#include "kernels/cpu/kernel_table.h"

#if defined(CURLEW_X86_PATHS)
#include <cpuid.h>
#endif
#if defined(CURLEW_ARM_PATHS) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace curlew::kernels {
namespace {

using TableFn = const KernelTable& (*)();

#if defined(CURLEW_X86_PATHS)
// Not every compiler's __builtin_cpu_supports knows the names f16c and avxvnni; the bits it is,
// then. The builtin has asked whether the system keeps the wide registers, which those two need no
// less than avx2.
bool has_avx2() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kF16cBit = 1u << 29;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & kF16cBit);
}

bool has_avx2_vnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAvxVnniBit = 1u << 4;
  return has_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & kAvxVnniBit);
}

bool has_avx512_vnni() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

bool has_avx512_bf16() {
  return has_avx512_vnni() && __builtin_cpu_supports("avx512bf16");
}
#endif

#if defined(CURLEW_ARM_PATHS)
// The system is asked, since a program may not read the registers that say it; where it is not
// Linux, what every machine of the build's target has is all that is known.
bool has_dotprod() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
  return true;
#else
  return false;
#endif
}
#endif

// The table of that name if this machine can run it, else null. A null name asks for the best there
// is.
const KernelTable* find_table(const char* name) {
  const auto wanted = [name](const char* path) { return !name || std::strcmp(name, path) == 0; };
#if defined(CURLEW_X86_PATHS)
  __builtin_cpu_init();
  if (wanted("avx512-bf16") && has_avx512_bf16()) return &avx512_bf16_kernels();
  if (wanted("avx512-vnni") && has_avx512_vnni()) return &avx512_kernels();
  if (wanted("avx2-vnni") && has_avx2_vnni()) return &avx2_vnni_kernels();
  if (wanted("avx2") && has_avx2()) return &avx2_kernels();
#endif
#if defined(CURLEW_ARM_PATHS)
  if (wanted("neon-dotprod") && has_dotprod()) return &neon_dotprod_kernels();
  if (wanted("neon")) return &neon_kernels();
#endif
  if (wanted("plain")) return &plain_kernels();
  return nullptr;
}

const KernelTable* initial_table() {
  if (const char* name = std::getenv("CURLEW_CPU"))
    if (const KernelTable* table = find_table(name)) return table;
  return find_table(nullptr);
}

std::atomic<const KernelTable*>& current_table() {
  static std::atomic<const KernelTable*> table{initial_table()};
  return table;
}

}  // namespace

const KernelTable& kernel_table() {
  return *current_table().load(std::memory_order_acquire);
}

bool set_cpu_path(const char* name) {
  const KernelTable* table = find_table(name);
  if (table) current_table().store(table, std::memory_order_release);
  return table != nullptr;
}

const char* cpu_path_name() {
  return kernel_table().name;
}

}  // namespace curlew::kernels
