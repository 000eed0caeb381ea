// The operations a network is made of, on the CPU. Activations are float32, row-major, token-major;
// matrices are weights of any WeightType. The plain fp64 twin of each stands in kernels/reference/.
//
// Conventions: shapes stand behind the pointers, slowest dimension first. Nothing here allocates on
// the decode path except where a Workspace grows once. Preconditions are asserted, not reported:
// the caller (model/network) has checked every shape against the file before it calls. Every
// function may be called from one thread at a time per ThreadPool; it uses that pool's threads and
// returns when all are done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "kernels/block_format.h"

namespace curlew::kernels {

// A team of threads that run one job at a time together with the caller. Workers spin briefly
// between jobs (a decode step is some hundred short jobs), then sleep.
class ThreadPool {
 public:
  // threads: 1 or more, the caller included. 1 starts no thread at all.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const;

  // Calls job(thread_idx) on the caller, who is thread 0, and on those others that come before the
  // caller is through with it, once each at most; returns when all of them are done. A job hands
  // out its work through a cursor of its own, so that whoever is there does it: a thread that the
  // machine has no core for is not waited for.
  void share(const std::function<void(int thread_idx)>& job);

  // Splits [0, count) into pieces of at least `grain` and calls job(begin, end) on them, balanced
  // dynamically.
  void for_range(std::int64_t count, std::int64_t grain,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& job);

  // Working memory for the operation that runs now: at least `bytes`, 64-byte aligned, contents
  // undefined. One buffer per pool, which grows when asked for more (and then moves).
  std::byte* scratch(std::size_t bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Threads to use when the user named none: the physical cores this process may run on, at most 16.
int default_thread_count();

// What the kernels below dispatch to on this machine: "avx512-bf16", "avx512-vnni", "avx2-vnni" or
// "avx2" on x86-64, "neon-dotprod" or "neon" on aarch64, "plain" anywhere. The environment variable
// CURLEW_CPU, set to one of these names, chooses a lesser path (to find a fault, or to compare).
const char* cpu_path_name();

// --- Weights -------------------------------------------------------------------------------------

// A matrix as the file has it. `data` must outlive every user. Row r starts at data + r *
// row_bytes.
struct MatrixView {
  WeightType type = WeightType::kF32;
  const void* data = nullptr;  // [rows, cols] in blocks of `type`
  std::int64_t rows = 0;       // outputs
  std::int64_t cols = 0;       // inputs; a multiple of the block's elements

  std::size_t row_bytes() const;
};

// n elements of `type` at src -> float32. n is a multiple of the block's elements.
void dequantize(WeightType type, const void* src, float* dst, std::int64_t n);

// Memory that the matrices of a model share. It comes from the system in large regions on huge
// pages: alone, a matrix would waste what is left of its last huge page, and a small one would get
// none. A region lives as long as a matrix in it. For one thread at a time.
class PackedMemory {
 public:
  // `bytes` of it, aligned to 64, contents undefined; null when there is no more to be had.
  std::shared_ptr<std::uint8_t> take(std::size_t bytes);

 private:
  std::shared_ptr<std::uint8_t> region_;
  std::size_t used_ = 0, size_ = 0;
};

// A matrix in the layout this machine multiplies fastest. May keep pointing into the view's bytes
// (then own_bytes() is 0) or hold a repacked copy. Immutable, so shared freely between threads.
class PackedMatrix {
 public:
  PackedMatrix();
  ~PackedMatrix();
  PackedMatrix(PackedMatrix&&) noexcept;
  PackedMatrix& operator=(PackedMatrix&&) noexcept;

  // A repacked copy lies in `memory`, or without one in memory of its own. An empty matrix
  // (operator bool says false) when it cannot be had.
  static PackedMatrix pack(const MatrixView& view, ThreadPool& pool,
                           PackedMemory* memory = nullptr);

  std::int64_t rows() const;
  std::int64_t cols() const;
  WeightType type() const;
  std::size_t own_bytes() const;
  explicit operator bool() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// y[t, r] = sum_c w[r, c] * x[t, c] (+ bias[r])
//
//   x     [tokens, w.cols()]  float32
//   bias  [w.rows()]          float32, or null
//   y     [tokens, w.rows()]  float32; must not alias x
//
// Quantised weights meet activations quantised to int8 in blocks of 32 with a float32 scale; F16,
// BF16 and F32 weights meet float32 activations, except that on the path "avx512-bf16" activations
// are rounded to bfloat16 before they meet BF16 weights. One token is a matrix-vector product,
// bandwidth-bound; many tokens are tiled.
void matmul(const PackedMatrix& w, const float* x, const float* bias, float* y, int tokens,
            ThreadPool& pool);

// One of several products that do not depend on each other.
struct MatmulJob {
  const PackedMatrix* w = nullptr;
  const float* x = nullptr;     // [tokens, w->cols()]
  const float* bias = nullptr;  // [w->rows()], or null
  float* y = nullptr;           // [tokens, w->rows()]; overlaps nothing of another job
  int tokens = 0;
};

// All of the jobs at once: the threads meet once instead of once a product, and what several jobs
// read (the same x) is quantised once. For Q, K and V; gate and up; the experts of a layer.
void matmul(std::span<const MatmulJob> jobs, ThreadPool& pool);

// Every operation here gives each token the same bits whatever other tokens stand beside it, and on
// any number of threads: a prompt may be cut into chunks anywhere, drafts may be verified in a
// batch, and a cached prefix continued, without changing one logit.

// --- Element-wise --------------------------------------------------------------------------------

// y[r, c] = x[r, c] / sqrt(mean_c(x[r, c]^2) + eps) * weight[c].  y may equal x.  arXiv:1910.07467
void rms_norm(const float* x, const float* weight, float* y, int rows, int cols, float eps);

// y[r, c] = (x[r, c] - mean_c) / sqrt(mean_c((x[r, c] - mean_c)^2) + eps) * weight[c] (+ bias[c]).
// bias may be null; y may equal x.  arXiv:1607.06450
void layer_norm(const float* x, const float* weight, const float* bias, float* y, int rows,
                int cols, float eps);

// out[i] = silu(gate[i]) * up[i], silu(v) = v / (1 + exp(-v)).  out may equal gate or up.
// arXiv:2002.05202
void silu_mul(const float* gate, const float* up, float* out, std::int64_t n);

// y[i] = gelu(x[i]) by the formula with tanh, gelu(v) = v/2 (1 + tanh(sqrt(2/pi) (v + 0.044715
// v^3))), computed in float32 to a few ulps.  y may equal x.  arXiv:1606.08415
void gelu(const float* x, float* y, std::int64_t n);

// out[i] = gelu(gate[i]) * up[i].  out may equal gate or up.  arXiv:2002.05202
void gelu_mul(const float* gate, const float* up, float* out, std::int64_t n);

// out[i] = g / (1 + exp(-alpha g)) * (u + 1), g = min(gate[i], limit), u = up[i] kept within
// [-limit, limit].  out may equal gate or up.  As gpt-oss has it, arXiv:2508.10925.
void swiglu_oai(const float* gate, const float* up, float* out, std::int64_t n, float alpha,
                float limit);

// y[i] += x[i]
void add(const float* x, float* y, std::int64_t n);

// y[i] += factor * x[i]
void add_scaled(const float* x, float factor, float* y, std::int64_t n);

// x[i] *= factor
void scale(float* x, float factor, std::int64_t n);

// How rotary embedding pairs the elements of a head. arXiv:2104.09864
enum class RopePairs {
  kAdjacent,  // (2i, 2i+1): `llama` GGUF files
  kHalves,    // (i, i + rotary_dim/2): `qwen2` and most others
};

// Rotates the first 2 * n_freqs elements of every head of x in place:
//   angle(t, i) = pos[t] * inv_freq[i];  (a, b) -> m * (a cos - b sin, a sin + b cos)
//
//   x         [tokens, heads, head_dim]
//   pos       [tokens]
//   inv_freq  [n_freqs]   the model's frequencies, scaling already in
//   m         magnitude (1 except for YaRN)
void rope(float* x, const std::int32_t* pos, const float* inv_freq, int n_freqs, int tokens,
          int heads, int head_dim, RopePairs pairs, float magnitude);

// --- Attention over a paged KV cache -------------------------------------------------------------

// kQ8_0: each row of a head in groups of 32 elements, int8 with a half-precision scale; head_dim is
// a multiple of 32.
enum class KvType { kF32, kF16, kQ8_0 };

inline constexpr int kKvBlockTokens = 64;  // positions in one block of the cache

// One block holds K or V of kKvBlockTokens positions of one layer: [n_kv_heads, kKvBlockTokens,
// head_dim].
std::size_t kv_block_bytes(KvType type, int n_kv_heads, int head_dim);

// Writes rows [tokens, n_kv_heads, head_dim] into the blocks at positions first_pos .. first_pos +
// tokens - 1.
//   blocks  [ceil((first_pos + tokens) / kKvBlockTokens)] pointers
void kv_write(const float* rows, void* const* blocks, KvType type, int first_pos, int tokens,
              int n_kv_heads, int head_dim);

// out[t, h] = sum_j p[j] v[j, h / group],   p = softmax_j(scale * q[t, h] . k[j, h / group])
// over the positions j that token t sees: j <= first_pos + t, and with a window also
// j > first_pos + t - window.
//
//   q     [tokens, n_heads, head_dim]
//   out   [tokens, n_heads, value_dim]   must not alias q
//   k_blocks, v_blocks   pointers to blocks that cover positions 0 .. first_pos + tokens - 1
//
// Causal, grouped-query (group = n_heads / n_kv_heads), online softmax in float32. arXiv:2205.14135
struct AttentionArgs {
  const float* q = nullptr;
  const void* const* k_blocks = nullptr;
  const void* const* v_blocks = nullptr;
  float* out = nullptr;
  KvType kv_type = KvType::kF16;
  int tokens = 0, first_pos = 0;
  int n_heads = 0, n_kv_heads = 0;
  int head_dim = 0;   // of queries and keys
  int value_dim = 0;  // of values and outputs; 0: as head_dim
  // Elements between two rows of a value block; 0: value_dim. Latent attention (arXiv:2405.04434)
  // keeps one row a position and reads its first value_dim elements as the value: v_blocks are then
  // the key blocks.
  int value_row = 0;
  int window = 0;  // 0: all of the past
  float scale = 1.f;
  const float* sinks = nullptr;  // [n_heads] a logit that takes its share of the softmax and gives
                                 // no value (arXiv:2309.17453, learned); or null
};
void attention(const AttentionArgs& args, ThreadPool& pool);

}  // namespace curlew::kernels
