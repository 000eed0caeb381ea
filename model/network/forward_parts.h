// What the parts of the forward pass share. Private to Network.
#pragma once

#include <functional>

#include "kernels/ops.h"
#include "model/network/weights.h"

namespace curlew::model {

// Rows of element-wise work handed to a thread; below that it is not worth it.
inline constexpr int kRowsPerPiece = 8;

// work(first, count) over the rows of a step, on all threads where there are enough of them.
// Passing the callable by reference keeps std::function from allocating.
template <class Work>
void for_rows(kernels::ThreadPool& pool, int rows, Work work) {
  if (rows <= kRowsPerPiece) return work(0, rows);
  auto piece = [&work](std::int64_t begin, std::int64_t end) {
    work(static_cast<int>(begin), static_cast<int>(end - begin));
  };
  pool.for_range(rows, kRowsPerPiece, std::ref(piece));
}

// y = map(x) for `tokens` rows, to be done with others.
inline kernels::MatmulJob product(const Linear& map, const float* x, float* y, int tokens) {
  return {.w = &map.matrix,
          .x = x,
          .bias = map.bias.empty() ? nullptr : map.bias.data(),
          .y = y,
          .tokens = tokens};
}

// The address of row `row` in rows of `width` elements.
template <class T>
T* row_at(std::vector<T>& rows, int row, std::int64_t width) {
  return rows.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(width);
}

}  // namespace curlew::model
