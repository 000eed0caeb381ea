// From float32 to the blocks of any weight type, with as small a squared error as we can find.
//
// Rounding to a grid is easy; the question is which grid. For every block the quantisers here
//   1. try a row of scales around the one that just spans the block's range (one that clips the
//      largest elements a little is often better), each with the codes that are nearest under it;
//   2. with the codes fixed, take the scale (and minimum) of least squares, which is a division;
//   3. with the scale fixed, take the nearest codes again, and go on with 2 until nothing is
//   gained;
//   4. round the scale to what the block can hold, and choose the final codes under *that* value.
// Steps 2 and 3 each never raise the error: this is Lloyd's algorithm (1982) with the codebook tied
// to one or two parameters. Types of super-blocks do the same once more above: the integer scales
// of the sub-blocks are the codes, the super-block's half-precision scales the parameters, and what
// counts is always the error of the values that a reader will decode.
//
// No weighting by importance: every element's error counts the same.
#pragma once

#include <cstdint>

#include "kernels/block_format.h"

namespace curlew::kernels {

// Writes n elements as n / block_shape(type).elements blocks of `type` at dst.
//
//   src  [n] float32; every element passes first_unquantizable()
//   dst  bytes of that many blocks; unaligned is fine; must not overlap src
//   n    a multiple of the block's elements
//
// Pure and deterministic: the same elements give the same bytes on any thread. Blocks do not depend
// on each other, so callers split long inputs between threads as they like. Speed, one thread: 4
// (Q2_K) to 50 (Q8_0) million elements a second.
void quantize(WeightType type, const float* src, void* dst, std::int64_t n);

// The index of the first element that `type` cannot hold: NaN, an infinity, or a magnitude beyond
// largest_magnitude(type). -1 when there is none.
std::int64_t first_unquantizable(WeightType type, const float* src, std::int64_t n);

// What the scales of `type` reach: 65504 wherever they are half precision.
float largest_magnitude(WeightType type);

}  // namespace curlew::kernels
