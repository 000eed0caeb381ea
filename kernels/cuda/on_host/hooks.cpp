// What -fsanitize=thread makes the compiler call before every access of a kernel, in place of the
// library that usually stands behind it. The names are the compiler's.
#include <cstddef>

#include "kernels/cuda/on_host/machine_state.h"

namespace {

using curlew::on_host::Access;
using curlew::on_host::announce;

}  // namespace

#define CURLEW_ANNOUNCE(bytes)                  \
  void __tsan_read##bytes(void* p) {            \
    announce(p, bytes, Access::kRead);          \
  }                                             \
  void __tsan_write##bytes(void* p) {           \
    announce(p, bytes, Access::kWrite);         \
  }                                             \
  void __tsan_unaligned_read##bytes(void* p) {  \
    announce(p, bytes, Access::kRead);          \
  }                                             \
  void __tsan_unaligned_write##bytes(void* p) { \
    announce(p, bytes, Access::kWrite);         \
  }

extern "C" {
CURLEW_ANNOUNCE(1)
CURLEW_ANNOUNCE(2)
CURLEW_ANNOUNCE(4)
CURLEW_ANNOUNCE(8)
CURLEW_ANNOUNCE(16)
void __tsan_read_range(void* p, unsigned long bytes) {
  announce(p, bytes, Access::kRead);
}
void __tsan_write_range(void* p, unsigned long bytes) {
  announce(p, bytes, Access::kWrite);
}
void __tsan_init() {}
}
