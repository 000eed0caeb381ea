// One block's part of a product in tiles: what matmul_tiled and expert_tiled share. Private to them.
//
// matmul_tiled.h says how it goes. What differs is given as functions: which row of x is token i of the
// tile, and where a sum goes.
#pragma once

#include "kernels/cuda/async_copy.h"
#include "kernels/cuda/mma_half.h"
#include "kernels/cuda/unit_halves.h"

namespace curlew::cuda {

inline constexpr int kTileTokens = 128;
inline constexpr int kTokenStages = 3, kWeightStages = 2;
inline constexpr int kStride = kUnitCols + 8;           // halves from a row of a tile to the next
inline constexpr int kWarpTokens = 64, kWarpRows = 64;  // of a warp's part of the tile
inline constexpr int kTokenTiles = kWarpTokens / 16, kRowTiles = kWarpRows / 8;
inline constexpr int kStagingStride = kWarpRows + 4;  // floats

using TileSums = float[kTokenTiles][kRowTiles][4];

template <int kTileRows>
union TiledShared {
  struct {
    SharedArray<Half, kTokenStages * kTileTokens * kStride> tokens;
    SharedArray<Half, kWeightStages * kTileRows * kStride> weights;
  };
  SharedArray<float, kTileRows / kWarpLanes * 16 * kStagingStride> staging;  // once all is added up
};

// Which output row i of a tile is, the first being first_row: with a gate every other eight are the
// gate's, of the same rows as the eight behind them.
struct TileRows {
  int first_row;
  bool has_gate;

  __device__ bool is_gate(int i) const { return has_gate && i / 8 % 2 == 0; }
  __device__ int row(int i) const { return first_row + (has_gate ? i / 16 * 8 + i % 8 : i); }
};

// acc += tokens x weights, of one unit of columns and the warp's part of both tiles.
__device__ inline void multiply_tiles(const Half* tokens, const Half* weights, int lane,
                                      TileSums& acc) {
#pragma unroll
  for (int k = 0; k < kUnitCols; k += 16) {
    unsigned left[kTokenTiles][4];
#pragma unroll
    for (int m = 0; m < kTokenTiles; ++m)
      load_a(left[m], tokens + m * 16 * kStride + k, kStride, lane);
#pragma unroll
    for (int n = 0; n < kRowTiles; n += 2) {
      unsigned pair[4];
      load_b_pair(pair, weights + n * 8 * kStride + k, kStride, lane);
      const unsigned first[2] = {pair[0], pair[1]}, second[2] = {pair[2], pair[3]};
#pragma unroll
      for (int m = 0; m < kTokenTiles; ++m) {
        mma_half(acc[m][n], left[m], first);
        mma_half(acc[m][n + 1], left[m], second);
      }
    }
  }
}

template <class Format, int kTileRows>
struct TiledBlock {
  using Units = UnitHalves<Format>;
  using Raw = typename Units::Raw;

  TiledShared<kTileRows>& s;
  const DeviceMatrix& matrix;  // of this thread's row
  int row;
  const Half* x;
  int begin, end;  // units
  int tokens;      // of the tile

  __device__ static int warp_token() {
    return static_cast<int>(threadIdx.x) / kWarpLanes % 2 * kWarpTokens;
  }
  __device__ static int warp_row() {
    return static_cast<int>(threadIdx.x) / kWarpLanes / 2 * kWarpRows;
  }
  __device__ bool is_idle() const { return warp_token() >= tokens; }

  __device__ void load(int u, Raw& to) const {
    if (u < end) to = Units::load(matrix, row, u);
  }
  __device__ void put_weights(int u, const Raw& from) const {
    const int thread = static_cast<int>(threadIdx.x);
    if (u < end)
      Units::store(
          from, u,
          &s.weights[(u - begin) % kWeightStages * kTileRows * kStride + thread * kStride]);
  }
  // This thread's 16-byte pieces of the activations' tile of unit u: four a row.
  template <class TokenRow>
  __device__ void ask_tokens(int u, const TokenRow& token_row) const {
    if (u < end) {
      Half* to = &s.tokens[(u - begin) % kTokenStages * kTileTokens * kStride];
#pragma unroll
      for (int i = 0; i < kTileTokens * 4 / kTileRows; ++i) {
        const int piece = i * kTileRows + static_cast<int>(threadIdx.x);
        const auto at =
            static_cast<std::size_t>(token_row(i)) * static_cast<std::size_t>(matrix.cols) +
            static_cast<std::size_t>(u * kUnitCols + piece % 4 * 8);
        copy16(to + piece / 4 * kStride + piece % 4 * 8, x + at, piece / 4 < tokens);
      }
    }
    end_group();
  }

  // token_row(i): which row of x this thread's i-th piece of a tile is of, any where there is no such
  // token. The first weights are asked for before wait_for_inputs().
  template <class TokenRow>
  __device__ void add_up(const TokenRow& token_row, TileSums& acc) const {
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
    Raw raw[2] = {};
    load(begin, raw[0]);
    load(begin + 1, raw[1]);
    wait_for_inputs();
    ask_tokens(begin, token_row);
    ask_tokens(begin + 1, token_row);
    put_weights(begin, raw[0]);
    load(begin + 2, raw[0]);
    // Step u multiplies unit u, stores the weights of u + 1 out of `next` and then asks for those of
    // u + 3 into it, and for the activations of u + 2.
    const auto step = [&](int u, Raw& next) {
      wait_groups<1>();
      __syncthreads();
      ask_tokens(u + 2, token_row);
      put_weights(u + 1, next);
      load(u + 3, next);
      if (!is_idle())
        multiply_tiles(
            &s.tokens[((u - begin) % kTokenStages * kTileTokens + warp_token()) * kStride],
            &s.weights[((u - begin) % kWeightStages * kTileRows + warp_row()) * kStride], lane,
            acc);
    };
    for (int u = begin; u < end; u += 2) {
      step(u, raw[1]);
      if (u + 1 < end) step(u + 1, raw[0]);
    }
  }

  // put(i, r, sum, gate_sum) for the tile's token i and row r. Through shared memory, sixteen tokens at a
  // time: stores of a warp are then neighbours, and the code of what becomes of a sum is there once, not
  // once a sum.
  template <class Put>
  __device__ void put_all(const TileRows& rows, const TileSums& acc, const Put& put) const {
    __syncthreads();
    if (is_idle()) return;
    const int warp = static_cast<int>(threadIdx.x) / kWarpLanes;
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
    const int outputs = rows.has_gate ? kWarpRows / 2 : kWarpRows;
    float* staging = &s.staging[warp * 16 * kStagingStride];
#pragma unroll
    for (int m = 0; m < kTokenTiles; ++m) {
      __syncwarp();
#pragma unroll
      for (int n = 0; n < kRowTiles; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i)
          staging[(i / 2 * 8 + lane / 4) * kStagingStride + n * 8 + lane % 4 * 2 + i % 2] =
              acc[m][n][i];
      __syncwarp();
#pragma unroll 1
      for (int i = lane; i < 16 * outputs; i += kWarpLanes) {
        const float* sums = staging + i / outputs * kStagingStride;
        const int r = i % outputs, at = rows.has_gate ? r / 8 * 16 + r % 8 : r;
        const int token = warp_token() + m * 16 + i / outputs;
        if (token < tokens)
          put(token, rows.row(warp_row() + at), sums[rows.has_gate ? at + 8 : at], sums[at]);
      }
    }
  }
};

}  // namespace curlew::cuda
