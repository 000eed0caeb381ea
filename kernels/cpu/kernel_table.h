// The seam between the operations (one file each, any machine) and the instruction sets: a table of
// functions per CPU path. An operation splits its work over threads and calls through the table;
// the functions behind it are templates (quant_kernels.h, float_kernels.h, vector_kernels.h,
// attention_kernels.h) over a Simd class, instantiated once per path in kernels_<path>.cpp, each
// compiled with its own flags.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ops.h"

namespace curlew::kernels {

// One token tile of activations, float32 -> ActivationBlock<tokens>[cols / 32].
struct QuantizeArgs {
  const float* x;  // [tokens, cols]
  std::int64_t cols;
  int tokens;  // a power of two, at most KernelTable::token_tile
  int zero;    // of the weights' PanelFormat; 0 when the path takes signed entries
  int group;   // columns that share a weight scale, 16 or 32
  std::byte* blocks;
};

// One or two panels of 16 rows against one token tile, over a strip of columns.
struct PanelArgs {
  const std::uint8_t* panel;  // where the first one begins in the strip
  std::size_t panel_bytes;    // from a panel to the next
  const std::byte* blocks;    // ActivationBlock<tokens>[cols / 32], of the strip
  std::int64_t cols;          // of the strip
  const float* bias;          // [rows], added to the sums; or null
  float* y;                   // [tokens, y_stride]
  std::int64_t y_stride;      // floats
  int rows;                   // 1 .. 16 per panel: how many of them exist
  bool is_first;              // strip; else the sums go on from those in y
};
using PanelFn = void (*)(const PanelArgs&);

// `rows` rows of float weights against `tokens` tokens; both are fixed by the function chosen.
struct FloatTileArgs {
  const std::uint8_t* w;  // [rows, row_bytes]
  std::size_t row_bytes;
  const void* x;  // [tokens, cols] float32, or bfloat16 where the path rounds for this type
  std::int64_t cols;
  const float* bias;  // [rows], or null
  float* y;           // [tokens, y_stride]
  std::int64_t y_stride;
};
using FloatTileFn = void (*)(const FloatTileArgs&);
inline constexpr int kFloatRows = 4;    // a float tile is 1 or 4 rows
inline constexpr int kFloatTokens = 4;  // by 1 or 4 tokens

// `rows` rows of one head in a block of the cache.
struct KvRows {
  const void* data;
  std::size_t row_bytes;
  KvType type;
  int rows;  // at most kKvBlockTokens
};

// The positions of a block that a query row sees: first .. end - 1.
struct SeenRange {
  std::int32_t first, end;
};

// Some query rows against one block of keys and values, all in float32; see attention_kernels.h.
struct AttendArgs {
  const float* q;         // [rows, head_dim], already scaled
  const float* keys;      // [head_dim, kKvBlockTokens]
  const float* values;    // [kKvBlockTokens, padded_dim]
  const SeenRange* seen;  // [rows]
  int rows, head_dim, padded_dim;
  float* o;        // [rows, padded_dim]  unnormalised output so far
  float* row_max;  // [rows]
  float* row_sum;  // [rows]
};

struct KernelTable {
  const char* name;
  int token_tile;
  bool signed_wide;  // wide entries are used minus 128, so their activations need no offset

  void (*quantize_tile)(const QuantizeArgs&);
  PanelFn (*panel_fn)(WeightType type, int tokens, int panels);
  FloatTileFn (*float_fn)(WeightType type, int rows, int tokens);
  // n float32 -> bfloat16, for products with BF16 weights; null where those take float32
  void (*round_activations)(const float* x, std::uint16_t* rounded, std::int64_t n);

  void (*rms_norm)(const float* x, const float* weight, float* y, int rows, int cols, float eps);
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float* y, int rows,
                     int cols, float eps);
  void (*silu_mul)(const float* gate, const float* up, float* out, std::int64_t n);
  void (*gelu)(const float* x, float* y, std::int64_t n);
  void (*gelu_mul)(const float* gate, const float* up, float* out, std::int64_t n);
  void (*swiglu_oai)(const float* gate, const float* up, float* out, std::int64_t n, float alpha,
                     float limit);
  void (*to_f16)(const float* x, void* halves, int n);
  void (*to_q8)(const float* x, void* blocks, int n);  // n a multiple of 32 -> BlockQ8_0[n / 32]

  // -> [head_dim, kKvBlockTokens]; columns from rows.rows on are zero
  void (*load_keys)(const KvRows& rows, int head_dim, float* keys);
  // the first value_dim elements of each row -> [rows.rows, padded_dim]; the padding is zero
  void (*load_values)(const KvRows& rows, int value_dim, int padded_dim, float* values);
  void (*attend)(const AttendArgs&);
};

// The path in use: the best this CPU has, unless the environment variable CURLEW_CPU, read once,
// names another one of "plain", "avx2", "avx2-vnni", "avx512-vnni", "avx512-bf16", "neon",
// "neon-dotprod" (a path the CPU or the build lacks is ignored).
const KernelTable& kernel_table();

// For tests: switches to the path of that name for the rest of the process, or returns false when
// it is unknown or this CPU or build lacks it. Not to be called while an operation runs.
bool set_cpu_path(const char* name);

const KernelTable& plain_kernels();
#if defined(CURLEW_X86_PATHS)
const KernelTable& avx2_kernels();
const KernelTable& avx2_vnni_kernels();
const KernelTable& avx512_kernels();
const KernelTable& avx512_bf16_kernels();
#endif
#if defined(CURLEW_ARM_PATHS)
const KernelTable& neon_kernels();
const KernelTable& neon_dotprod_kernels();
#endif

}  // namespace curlew::kernels
