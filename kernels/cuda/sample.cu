#include "kernels/cuda/sample.h"

#include "kernels/cuda/launch.h"
#include "kernels/sampling.h"

namespace curlew::cuda {
namespace {

using Mass = unsigned long long;  // a sum of weights; what CUDA's atomics call 64 bits

constexpr int kWarps = 16;
constexpr int kThreads = kWarps * kWarpLanes;

// The search for top-p's threshold goes over the bits of p above those of the smallest p there is.
constexpr std::uint32_t kSmallestBits = (127u - kernels::kDrawWeightBits) << 23;
constexpr int kKeyBits = 29;  // 40 powers of two of 23 bits each
constexpr int kLevelBits = 10;
constexpr int kBuckets = 1 << kLevelBits;
constexpr int kBucketsPerLane = kBuckets / kWarpLanes;

struct Shared {
  SharedArray<Mass, kBuckets> mass;  // by the level's bits of the key
  SharedArray<Mass, kWarps> kept;    // by the warp that owns the ids
  SharedArray<int, kWarps> ties;
  SharedArray<Mass, 2> found;  // the bucket that holds the threshold, and how much of it is needed
};

__device__ Mass warp_sum(Mass value) {
  for (int step = kWarpLanes / 2; step > 0; step /= 2)
    value += __shfl_xor_sync(kAllLanes, value, step);
  return value;
}

// Of the lanes up to this one.
__device__ Mass running_sum(Mass value, int lane) {
  for (int step = 1; step < kWarpLanes; step *= 2) {
    const Mass before = __shfl_sync(kAllLanes, value, lane >= step ? lane - step : lane);
    if (lane >= step) value += before;
  }
  return value;
}

// One row, as its block sees it.
struct Row {
  const float* logits;
  const std::uint32_t* mask;
  float top, temperature;
  int n_vocab;

  __device__ float p(int id) const {
    if (id >= n_vocab || !is_allowed(mask, id)) return 0.f;
    return kernels::draw_probability((logits[id] - top) / temperature);
  }
};

// What top-p leaves: every p above `p`, and of those that equal it the first `ties`.
struct Threshold {
  float p = 0.f;
  Mass ties = 0;
};

__device__ Mass total_weight(const Row& row, Shared& s, int thread) {
  Mass sum = 0;
  for (int id = thread; id < row.n_vocab; id += kThreads) sum += kernels::draw_weight(row.p(id));
  sum = warp_sum(sum);
  if (thread % kWarpLanes == 0) s.kept[thread / kWarpLanes] = sum;
  __syncthreads();
  Mass total = 0;
  for (int w = 0; w < kWarps; ++w) total += s.kept[w];
  __syncthreads();
  return total;
}

// Warp 0: the bucket, from the heaviest p down, at which the mass reaches `need`.
__device__ void find_bucket(Shared& s, Mass need, int lane) {
  const int first = kBuckets - 1 - lane * kBucketsPerLane;
  Mass mine = 0;
  for (int i = 0; i < kBucketsPerLane; ++i) mine += s.mass[first - i];
  const Mass upto = running_sum(mine, lane);
  Mass above = upto - mine;
  if (above >= need || upto < need) return;
  int bucket = first;
  while (above + s.mass[bucket] < need) above += s.mass[bucket--];
  s.found[0] = static_cast<Mass>(bucket);
  s.found[1] = need - above;
}

// Three levels of the key's bits; at each only what agrees with the levels before counts.
__device__ Threshold find_threshold(const Row& row, Mass target, Shared& s, int thread) {
  std::uint32_t key = 0;
  Mass need = target;
  for (int shift = kKeyBits; shift > 0;) {
    const int bits = shift < kLevelBits ? shift : kLevelBits, above = shift;
    shift -= bits;
    for (int b = thread; b < kBuckets; b += kThreads) s.mass[b] = 0;
    __syncthreads();
    for (int id = thread; id < row.n_vocab; id += kThreads) {
      const float p = row.p(id);
      if (p == 0.f) continue;
      const std::uint32_t k = kernels::detail::bits_of_float(p) - kSmallestBits;
      if (k >> above != key) continue;
      atomicAdd(&s.mass[static_cast<int>(k >> shift & ((1u << bits) - 1))],
                static_cast<Mass>(kernels::draw_weight(p)));
    }
    __syncthreads();
    if (thread < kWarpLanes) find_bucket(s, need, thread);
    __syncthreads();
    key = key << bits | static_cast<std::uint32_t>(s.found[0]);
    need = s.found[1];
    __syncthreads();
  }
  const float p = kernels::detail::float_of_bits(key + kSmallestBits);
  const Mass one = kernels::draw_weight(p);
  return {p, (need + one - 1) / one};
}

struct Drawing {
  const Row& row;
  Threshold threshold;
  float min_p;
  int first, last;  // the ids of this warp: [first, last)

  __device__ bool is_above(float p) const { return p > threshold.p && p >= min_p; }
  __device__ bool is_tie(float p) const { return p != 0.f && p == threshold.p && p >= min_p; }
};

// What the warp's ids keep: weights above the threshold, and how many equal it.
__device__ void count_kept(const Drawing& d, Shared& s, int warp, int lane) {
  Mass kept = 0, ties = 0;
  for (int id = d.first + lane; id < d.last; id += kWarpLanes) {
    const float p = d.row.p(id);
    if (d.is_above(p)) kept += kernels::draw_weight(p);
    ties += d.is_tie(p);
  }
  kept = warp_sum(kept);
  ties = warp_sum(ties);
  if (lane == 0) s.kept[warp] = kept, s.ties[warp] = static_cast<int>(ties);
}

// The warp in whose ids the draw falls goes over them again, 32 at a time.
__device__ std::int32_t find_drawn(const Drawing& d, Mass drawn, Mass seen, Mass ties_left,
                                   int lane) {
  for (int at = d.first; at < d.last; at += kWarpLanes) {
    const int id = at + lane;
    const float p = id < d.last ? d.row.p(id) : 0.f;
    const unsigned tied = __ballot_sync(kAllLanes, d.is_tie(p));
    const auto ties_before = static_cast<Mass>(__popc(tied & ((1u << lane) - 1u)));
    const bool is_kept = d.is_above(p) || (d.is_tie(p) && ties_before < ties_left);
    const Mass upto = seen + running_sum(is_kept ? kernels::draw_weight(p) : 0, lane);
    const unsigned over = __ballot_sync(kAllLanes, upto > drawn);
    if (over != 0) return at + __ffs(static_cast<int>(over)) - 1;
    seen = __shfl_sync(kAllLanes, upto, kWarpLanes - 1);
    const auto tiles_ties = static_cast<Mass>(__popc(tied));
    ties_left -= tiles_ties < ties_left ? tiles_ties : ties_left;
  }
  return -1;
}

__device__ void draw(const Drawing& d, std::uint64_t random, std::int32_t* best, Shared& s,
                     int warp, int lane) {
  count_kept(d, s, warp, lane);
  __syncthreads();
  const Mass tie_weight = d.threshold.p == 0.f ? 0 : kernels::draw_weight(d.threshold.p);
  Mass all = 0, before = 0, ties_left = d.threshold.ties, ties_left_here = 0, here = 0;
  for (int w = 0; w < kWarps; ++w) {
    const auto warps_ties = static_cast<Mass>(s.ties[w]);
    const Mass ties = warps_ties < ties_left ? warps_ties : ties_left;
    const Mass of_warp = s.kept[w] + ties * tie_weight;
    if (w == warp) before = all, here = of_warp, ties_left_here = ties_left;
    all += of_warp;
    ties_left -= ties;
  }
  const Mass drawn = kernels::high_product(random, all);
  if (drawn < before || drawn >= before + here) return;
  const std::int32_t id = find_drawn(d, drawn, before, ties_left_here, lane);
  if (lane == 0) *best = id;
}

__global__ void __launch_bounds__(kThreads) sample_kernel(SampleArgs a) {
  Shared& s = shared_memory<Shared>();
  let_next_start();
  wait_for_inputs();
  const int r = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
  const PickRow pick = a.picks[r];
  const int best = a.best[r];
  if (best < 0 || pick.temperature == 0.f) return;
  const float* logits =
      a.logits + static_cast<std::size_t>(r) * static_cast<std::size_t>(a.n_vocab);
  const Row row = {logits,
                   pick.mask < 0 ? nullptr
                                 : a.masks + static_cast<std::size_t>(pick.mask) *
                                                 static_cast<std::size_t>(mask_words(a.n_vocab)),
                   logits[best], pick.temperature, a.n_vocab};
  Threshold threshold;
  if (pick.top_p < 1.f) {
    const double sum = static_cast<double>(total_weight(row, s, thread));
    const double target = ceil(static_cast<double>(pick.top_p) * sum);
    threshold = find_threshold(row, static_cast<Mass>(target), s, thread);
  }
  __syncthreads();  // all have read best[r], which one will write
  const int warp = thread / kWarpLanes, per_warp = (a.n_vocab + kWarps - 1) / kWarps;
  const int first = warp * per_warp < a.n_vocab ? warp * per_warp : a.n_vocab;
  const int last = first + per_warp < a.n_vocab ? first + per_warp : a.n_vocab;
  draw({row, threshold, pick.min_p, first, last}, pick.random, a.best + r, s, warp,
       thread % kWarpLanes);
}

}  // namespace

cudaError_t sample(const SampleArgs& a, cudaStream_t stream) {
  if (a.rows < 0 || a.n_vocab < 1) return cudaErrorInvalidValue;
  if (a.rows == 0) return cudaSuccess;
  return launch(
      sample_kernel,
      {.grid = static_cast<unsigned>(a.rows), .block = kThreads, .shared_bytes = sizeof(Shared)}, a,
      stream, "sample");
}

}  // namespace curlew::cuda
