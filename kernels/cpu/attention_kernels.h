// Attention of some query rows over one block of the cache, with the online softmax of
// FlashAttention (arXiv:2205.14135, algorithm 1): per row a running maximum m, sum l of exp(s - m)
// and unnormalised output o; when a block raises m, l and o are scaled by exp(m_old - m_new).
//
// Keys are transposed to [head_dim, 64] on load, so that scores come out 64 positions side by side
// and no sum runs across lanes. The transposition is shared by all heads of a group and all tokens
// of a tile.
#pragma once

#include "kernels/cpu/kernel_table.h"
#include "kernels/cpu/kv_kernels.h"
#include "kernels/cpu/vector_kernels.h"

namespace curlew::kernels {
namespace {

inline constexpr float kMaskedScore =
    -1e30f;  // exp(kMaskedScore - m) is as good as 0 for any real m

template <class S>
void load_keys(const KvRows& rows, int head_dim, float* keys) {
  constexpr int L = S::kLanes;
  with_kv_type(rows.type, [&]<KvType kType>() {
    for (int j = 0; j < kKvBlockTokens; j += L)
      for (int d = 0; d < head_dim; d += L) {
        const int dims = head_dim - d < L ? head_dim - d : L;
        typename S::Floats tile[L];
        if (dims == L && j + L <= rows.rows) {
          for (int i = 0; i < L; ++i) tile[i] = load_kv<S, kType>(kv_row(rows, j + i), d);
        } else {
          for (int i = 0; i < L; ++i)
            tile[i] =
                j + i < rows.rows ? load_kv_n<S, kType>(kv_row(rows, j + i), d, dims) : S::zero();
        }
        S::transpose(tile);
        for (int i = 0; i < dims; ++i) S::store(keys + (d + i) * kKvBlockTokens + j, tile[i]);
      }
  });
}

template <class S>
void load_values(const KvRows& rows, int value_dim, int padded_dim, float* values) {
  constexpr int L = S::kLanes;
  with_kv_type(rows.type, [&]<KvType kType>() {
    for (int j = 0; j < rows.rows; ++j) {
      const std::uint8_t* row = kv_row(rows, j);
      float* out = values + j * padded_dim;
      int d = 0;
      for (; d + L <= value_dim; d += L) S::store(out + d, load_kv<S, kType>(row, d));
      if (d < value_dim) {
        S::store(out + d, load_kv_n<S, kType>(row, d, value_dim - d));
        d += L;
      }
      for (; d < padded_dim; d += L) S::store(out + d, S::zero());
    }
  });
}

// scores[r][j] = q[r] . key[j] for R rows and all 64 positions
template <class S, int R>
void score_rows(const float* q, const float* keys, int head_dim, float* scores) {
  constexpr int kStep = S::kScoreVectors * S::kLanes;
  static_assert(kKvBlockTokens % kStep == 0);
  for (int j = 0; j < kKvBlockTokens; j += kStep) {
    typename S::Floats sums[R][S::kScoreVectors];
    for (auto& row : sums)
      for (auto& sum : row) sum = S::zero();
    for (int d = 0; d < head_dim; ++d) {
      typename S::Floats k[S::kScoreVectors];
      for (int v = 0; v < S::kScoreVectors; ++v)
        k[v] = S::load(keys + d * kKvBlockTokens + j + v * S::kLanes);
      for (int r = 0; r < R; ++r) {
        const auto qd = S::set(q[r * head_dim + d]);
        for (int v = 0; v < S::kScoreVectors; ++v) sums[r][v] = S::fma(qd, k[v], sums[r][v]);
      }
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < S::kScoreVectors; ++v)
        S::store(scores + r * kKvBlockTokens + j + v * S::kLanes, sums[r][v]);
  }
}

// v where lane + at lies in `seen`, else `others`.
template <class S>
typename S::Floats keep_seen(typename S::Floats v, const SeenRange& seen, int at,
                             typename S::Floats others) {
  if (seen.first <= at && at + S::kLanes <= seen.end) return v;  // nearly always
  const auto lanes = [](int n) { return n < 0 ? 0 : (n < S::kLanes ? n : S::kLanes); };
  v = S::keep_first(v, lanes(seen.end - at), others);
  if (seen.first > at) v = S::keep_first(others, lanes(seen.first - at), v);
  return v;
}

// Turns one row's scores into weights exp(s - m), zero outside of `seen`; returns exp(m_old -
// m_new).
template <class S>
float soften_row(float* scores, const SeenRange& seen, float& row_max, float& row_sum) {
  auto peak = S::set(row_max);
  for (int j = 0; j < kKvBlockTokens; j += S::kLanes)
    peak = S::max(peak, keep_seen<S>(S::load(scores + j), seen, j, S::set(kMaskedScore)));
  const float new_max = S::max_of(peak);
  auto sum = S::zero();
  for (int j = 0; j < kKvBlockTokens; j += S::kLanes) {
    const auto e = exponential<S>(S::sub(S::load(scores + j), S::set(new_max)));
    const auto weight = keep_seen<S>(e, seen, j, S::zero());
    sum = S::add(sum, weight);
    S::store(scores + j, weight);
  }
  float shrink[S::kLanes];
  S::store(shrink, exponential<S>(S::set(row_max - new_max)));
  row_sum = row_sum * shrink[0] + S::sum(sum);
  row_max = new_max;
  return shrink[0];
}

// o[r] = shrink[r] * o[r] + sum_j weights[r][j] value[j], j < n
template <class S, int R>
void gather_values(const float* weights, const float* values, int n, int padded_dim,
                   const float* shrink, float* o) {
  for (int d = 0; d < padded_dim; d += 2 * S::kLanes) {
    const bool pair = d + 2 * S::kLanes <= padded_dim;
    const int second =
        pair ? S::kLanes : 0;  // a lone last vector is computed twice and stored once
    typename S::Floats sums[R][2];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < 2; ++v)
        sums[r][v] = S::mul(S::set(shrink[r]), S::load(o + r * padded_dim + d + v * second));
    for (int j = 0; j < n; ++j) {
      const auto a = S::load(values + j * padded_dim + d);
      const auto b = S::load(values + j * padded_dim + d + second);
      for (int r = 0; r < R; ++r) {
        const auto weight = S::set(weights[r * kKvBlockTokens + j]);
        sums[r][0] = S::fma(weight, a, sums[r][0]);
        sums[r][1] = S::fma(weight, b, sums[r][1]);
      }
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < 2; ++v) S::store(o + r * padded_dim + d + v * second, sums[r][v]);
  }
}

template <class S, int R>
void attend_rows(const AttendArgs& a, int row) {
  int n = 0;
  for (int r = 0; r < R; ++r) n = a.seen[row + r].end > n ? a.seen[row + r].end : n;
  if (n == 0) return;
  float scores[R * kKvBlockTokens];
  float shrink[R];
  score_rows<S, R>(a.q + row * a.head_dim, a.keys, a.head_dim, scores);
  for (int r = 0; r < R; ++r)
    shrink[r] = soften_row<S>(scores + r * kKvBlockTokens, a.seen[row + r], a.row_max[row + r],
                              a.row_sum[row + r]);
  gather_values<S, R>(scores, a.values, n, a.padded_dim, shrink, a.o + row * a.padded_dim);
}

template <class S>
void attend(const AttendArgs& a) {
  static_assert(S::kScoreRows <= 4);
  int row = 0;
  for (; row + S::kScoreRows <= a.rows; row += S::kScoreRows) attend_rows<S, S::kScoreRows>(a, row);
  switch (a.rows - row) {
    case 3:
      return attend_rows<S, 3>(a, row);
    case 2:
      return attend_rows<S, 2>(a, row);
    case 1:
      return attend_rows<S, 1>(a, row);
  }
}

}  // namespace
}  // namespace curlew::kernels
