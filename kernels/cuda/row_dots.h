// The dot products of two rows of weights with a few activations, by one warp: what every product on
// the vector units is made of (matvec.h, expert_matvec.h). Private to them.
#pragma once

#include "kernels/cuda/activations.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/weight_formats.h"

namespace curlew::cuda {

inline constexpr int kRows = 2;   // of a warp
inline constexpr int kBatch = 2;  // units a lane asks for at once, in each row

// A warp's two rows, which may belong to two matrices.
struct RowPair {
  const DeviceMatrix& w0;
  const DeviceMatrix& w1;
  int r0, r1;
};

template <class Format>
__device__ float unit_dot(const UnitCodes& w, uint4 qa, uint4 qb, UnitScale s) {
  int first = 0, second = 0;
  for (int j = 0; j < 4; ++j) {
    first = __dp4a(w.first[j], static_cast<int>(word_of(qa, j)), first);
    second = __dp4a(w.second[j], static_cast<int>(word_of(qb, j)), second);
  }
  const int sum_first = s.sum_first, sum_second = s.sum_second;
  if constexpr (Format::kHalves) {
    first -= Format::kZero * sum_first;
    second -= Format::kZero * sum_second;
    float v = fmaf(w.scale[1], static_cast<float>(second), w.scale[0] * static_cast<float>(first));
    if constexpr (Format::kHasMin)
      v -= fmaf(w.min[1], static_cast<float>(sum_second), w.min[0] * static_cast<float>(sum_first));
    return v;
  } else {
    const int sum = sum_first + sum_second;
    float v = w.scale[0] * static_cast<float>(first + second - Format::kZero * sum);
    if constexpr (Format::kHasMin) v = fmaf(-w.min[0], static_cast<float>(sum), v);
    return v;
  }
}

// This lane's share of the dot products: units first, first + step, ...
template <class Format, int kCols>
struct QuantDots {
  using Raw = typename Format::Raw;

  const RowPair& rows;
  const Activations& x;
  int tokens, units, step;

  __device__ void load(Raw (&raw)[kBatch][kRows], int unit) const {
    for (int i = 0; i < kBatch; ++i, unit += step) {
      if (unit >= units) return;
      raw[i][0] = Format::load(rows.w0, rows.r0, unit);
      raw[i][1] = Format::load(rows.w1, rows.r1, unit);
    }
  }

  __device__ void add(const Raw (&raw)[kBatch][kRows], int unit, float (&acc)[kRows][kCols]) const {
    const int cols = rows.w0.cols;
#pragma unroll
    for (int i = 0; i < kBatch; ++i, unit += step) {
      if (unit >= units) return;
      const UnitCodes w[kRows] = {Format::decode(raw[i][0], unit), Format::decode(raw[i][1], unit)};
#pragma unroll
      for (int t = 0; t < kCols; ++t) {
        if (t >= tokens) break;
        const std::int8_t* q = x.q + static_cast<std::size_t>(t) * static_cast<std::size_t>(cols);
        const uint4 qa = load16(q + 16 * unit), qb = load16(q + cols / 2 + 16 * unit);
        const auto s = load_vector<UnitScale>(x.scale + t * units + unit);
#pragma unroll
        for (int r = 0; r < kRows; ++r)
          acc[r][t] = fmaf(s.d, unit_dot<Format>(w[r], qa, qb, s), acc[r][t]);
      }
    }
  }

  // Two batches take turns: one is on its way while the other is worked on.
  __device__ void run(int unit, float (&acc)[kRows][kCols]) const {
    Raw even[kBatch][kRows] = {}, odd[kBatch][kRows] = {};
    load(even, unit);
    wait_for_inputs();
    for (; unit < units; unit += 2 * kBatch * step) {
      load(odd, unit + kBatch * step);
      add(even, unit, acc);
      load(even, unit + 2 * kBatch * step);
      add(odd, unit + kBatch * step, acc);
    }
  }
};

template <class Format, int kCols>
__device__ void quant_dots(const RowPair& rows, const Activations& x, int tokens, int part,
                           int parts, float (&acc)[kRows][kCols]) {
  const QuantDots<Format, kCols> dots = {rows, x, tokens, rows.w0.cols / kUnitCols,
                                         parts * kWarpLanes};
  dots.run(part * kWarpLanes + static_cast<int>(threadIdx.x) % kWarpLanes, acc);
}

// Columns c .. c + kCount - 1 of a row of x, zeros past its end.
template <int kCount>
__device__ void load_floats(const float* x, int c, int cols, float (&out)[kCount]) {
  if (cols % 4 == 0 && c + kCount <= cols) {
    for (int i = 0; i < kCount; i += 4) {
      const float4 v = load16<float4>(x + c + i);
      out[i] = v.x, out[i + 1] = v.y, out[i + 2] = v.z, out[i + 3] = v.w;
    }
    return;
  }
  for (int i = 0; i < kCount; ++i) out[i] = c + i < cols ? x[c + i] : 0.f;
}

template <class Format, int kCols>
__device__ void float_dots(const RowPair& rows, const Activations& x, int tokens, int part,
                           int parts, float (&acc)[kRows][kCols]) {
  constexpr int kCount = Format::kCols;
  constexpr int kLoads = 4;  // in flight, in each row
  const int units = Format::units(rows.w0), cols = rows.w0.cols, step = parts * kWarpLanes;
  int unit = part * kWarpLanes + static_cast<int>(threadIdx.x) % kWarpLanes;
  bool has_waited = false;
  for (; unit < units || !has_waited; unit += kLoads * step) {
    uint4 raw[kLoads][kRows] = {};
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      if (unit + i * step >= units) break;
      raw[i][0] = Format::load(rows.w0, rows.r0, unit + i * step);
      raw[i][1] = Format::load(rows.w1, rows.r1, unit + i * step);
    }
    if (!has_waited) wait_for_inputs();
    has_waited = true;
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      if (unit + i * step >= units) break;
      float w[kRows][kCount];
      for (int r = 0; r < kRows; ++r) Format::decode(raw[i][r], w[r]);
#pragma unroll
      for (int t = 0; t < kCols; ++t) {
        if (t >= tokens) break;
        float v[kCount];
        load_floats(x.f32 + static_cast<std::size_t>(t) * static_cast<std::size_t>(cols),
                    (unit + i * step) * kCount, cols, v);
        for (int r = 0; r < kRows; ++r)
          for (int k = 0; k < kCount; ++k) acc[r][t] = fmaf(w[r][k], v[k], acc[r][t]);
      }
    }
  }
}

// acc[r][t] += this lane's share of row r's product with activation t; the lanes of the warp, and of
// the other `parts` warps that share the rows, have the rest. Asks for the first weights before
// wait_for_inputs().
template <class Format, int kCols>
__device__ void row_dots(const RowPair& rows, const Activations& x, int tokens, int part, int parts,
                         float (&acc)[kRows][kCols]) {
  if constexpr (is_float(Format::kFormat))
    float_dots<Format, kCols>(rows, x, tokens, part, parts, acc);
  else
    quant_dots<Format, kCols>(rows, x, tokens, part, parts, acc);
}

}  // namespace curlew::cuda
