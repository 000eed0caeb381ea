// What a PackedMatrix holds. Quantised types: repacked panels (panel_format.h). Float types: the
// view itself.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "kernels/cpu/panel_format.h"
#include "kernels/ops.h"

namespace curlew::kernels {

struct FreeBytes {
  void operator()(std::uint8_t* p) const { std::free(p); }
};

struct PackedMatrix::Impl {
  MatrixView view;     // type, rows, cols; data only for float types
  PanelFormat format;  // bits == 0 for float types
  std::unique_ptr<std::uint8_t, FreeBytes> panels;
  std::size_t panel_bytes = 0;  // of one
  std::size_t own_bytes = 0;

  std::int64_t panel_count() const { return (view.rows + kPanelRows - 1) / kPanelRows; }
};

}  // namespace curlew::kernels
