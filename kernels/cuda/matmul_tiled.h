// Products of weights with many activations: prompts. On the matrix units, in halves.
//
// The contract is matvec's (matvec.h) but for the activations: x.f16 [tokens, cols], with x.f16_scale or
// without; cols is a multiple of 32. Weights of every format but F32 are made halves on the way, each
// rounded once (BF16's range is cut to a half's); sums in float32, in the order of the columns.
//
// A block owns 128 tokens and 128 or 256 rows (with a gate: half of them of either, by eights, so that a
// lane has both sums of an output); a warp 64 by 64 of them: 128 sums a lane, 16 products (m16n8k16)
// for every three loads of fragments. A step is 32 columns, one unit of every row: a thread owns a row,
// keeps the raw units of the next two steps in registers, decodes one a step and puts it into one of two
// tiles of weights while the other is multiplied; three tiles of activations come by asynchronous
// copies. One barrier a step. Rows of both tiles lie 80 bytes apart: no two of the eight rows that one
// load of fragments touches share a bank.
//
// Cost a step of 32 columns, per multiprocessor sub-core: 128 products, some 300 instructions of decoding
// for 256 rows. The products are those of sm_80; a Hopper card has faster ones (wgmma), which
// library_matmul.h reaches for long prompts.
//
// Few rows leave a card idle: `parts` blocks share a tile's columns then, each writes its sums to `sums`
// [parts, tokens, outputs], and finish_sums adds them up in their order. How many depends on the shape
// and on whether there are more than kPartTokensMax tokens, so a token gets the same bits in any company
// of the same side. 128 rows a block or 256 make no difference.
#pragma once

#include "kernels/cuda/matvec.h"

namespace curlew::cuda {

inline constexpr int kPartTokensMax = 512;  // of products whose columns are shared out
inline constexpr int kPartsMax = 8;

struct TiledArgs {
  MatvecArgs product;
  float* sums = nullptr;  // [tiled_sums_floats(...)], or null: no product is shared out
  std::size_t sums_floats = 0;
};

// Whether such weights can be given.
constexpr bool can_tile(const DeviceMatrix& w) {
  return w.format != DeviceFormat::kF32 && w.cols % kUnitCols == 0;
}

cudaError_t matmul_tiled(const TiledArgs& args, cudaStream_t stream);

// Sums of products, made elsewhere, into outputs.
//   sums  [parts, tokens, outputs] float32; with a gate first its rows, then those of w: outputs is
//         2 * w.rows, else w.rows
struct FinishSumsArgs {
  MatvecJob job;
  const float* sums = nullptr;
  const float* token_scale =
      nullptr;  // [tokens] that the sums are still to be multiplied by, or null
  int tokens = 0, parts = 1;
  Finish finish = Finish::kStore;
  Gate gate_function = Gate::kNone;
  float scale = 1.f;
};
cudaError_t finish_sums(const FinishSumsArgs& args, cudaStream_t stream);

}  // namespace curlew::cuda
