// What a PackedMatrix holds. Quantised types: repacked panels (panel_format.h). Float types: the
// view itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "kernels/cpu/panel_format.h"
#include "kernels/ops.h"

namespace curlew::kernels {

struct PackedMatrix::Impl {
  MatrixView view;                       // type, rows, cols; data only for float types
  PanelFormat format;                    // bits == 0 for float types
  std::shared_ptr<std::uint8_t> panels;  // strip after strip
  std::int64_t strip_cols = 0;           // of every strip but the last
  std::size_t own_bytes = 0;

  std::int64_t panel_count() const { return (view.rows + kPanelRows - 1) / kPanelRows; }

  // Where panel `panel_idx` begins in the strip that begins at column first_col.
  std::uint8_t* at(std::int64_t first_col, std::int64_t panel_idx) const {
    const std::size_t before = format.panel_bytes(first_col);  // bytes of a panel in earlier strips
    return panels.get() + before * static_cast<std::size_t>(panel_count()) +
           strip_panel_bytes(first_col) * static_cast<std::size_t>(panel_idx);
  }
  std::int64_t strip_width(std::int64_t first_col) const {
    return std::min(strip_cols, view.cols - first_col);
  }
  std::size_t strip_panel_bytes(std::int64_t first_col) const {
    return format.panel_bytes(strip_width(first_col));
  }
};

}  // namespace curlew::kernels
