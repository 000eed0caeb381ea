// Rows scaled to length one: the plain loop that the fast kernels are compared with.
#include <cmath>
#include <cstdint>

#include "kernels/reference/reference.h"

namespace curlew::kernels {

void unit_rows_ref(const float* x, double* y, int rows, int cols, float eps) {
  for (int r = 0; r < rows; ++r) {
    const float* row = x + static_cast<std::int64_t>(r) * cols;
    double squares = 0;

    const double length = std::sqrt(squares + eps);
  }
}

}  // namespace curlew::kernels
