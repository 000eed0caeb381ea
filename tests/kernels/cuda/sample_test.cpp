// From logits to a token on the card: the likeliest, and one that is drawn, which must be the very
// token that the processor draws.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/cuda/likeliest.h"
#include "kernels/cuda/sample.h"
#include "kernels/sampling.h"
#include "tests/kernels/cuda/device_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::random_floats;

using Floats = std::vector<float>;
using Ints = std::vector<std::int32_t>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNaN = std::nanf("");

std::size_t size(int a, int b = 1) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

// Rows of logits on the device with what is wanted of each.
struct Rows {
  Rows(int n_vocab_, const Floats& logits_, const std::vector<PickRow>& picks_,
       const std::vector<std::uint32_t>& masks_)
      : rows(static_cast<int>(picks_.size())),
        n_vocab(n_vocab_),
        logits(device.upload(logits_)),
        picks(device.upload(picks_)),
        masks(masks_.empty() ? nullptr : device.upload(masks_)),
        best(device.empty<std::int32_t>(size(rows))),
        partial(device.empty<Candidate>(size(rows, kLikeliestBlocks))),
        arrived(device.upload(std::vector<unsigned>(size(rows), 0u))) {}

  Ints choose() {
    EXPECT_CUDA_OK(likeliest({.logits = logits,
                              .picks = picks,
                              .masks = masks,
                              .best = best,
                              .partial = partial,
                              .arrived = arrived,
                              .rows = rows,
                              .n_vocab = n_vocab},
                             device.stream()));
    EXPECT_CUDA_OK(sample({.logits = logits,
                           .picks = picks,
                           .masks = masks,
                           .best = best,
                           .rows = rows,
                           .n_vocab = n_vocab},
                          device.stream()));
    return device.download(best, size(rows));
  }

  DeviceCase device;
  int rows, n_vocab;
  const float* logits;
  const PickRow* picks;
  const std::uint32_t* masks;
  std::int32_t* best;
  Candidate* partial;
  unsigned* arrived;
};

// What the processor does with the same row.
std::int32_t twin(Floats logits, const PickRow& pick, const std::uint32_t* masks) {
  const int n_vocab = static_cast<int>(logits.size());
  if (pick.mask >= 0)
    for (int id = 0; id < n_vocab; ++id)
      if (!is_allowed(masks + size(pick.mask, mask_words(n_vocab)), id))
        logits[size(id)] = -kInfinity;
  std::int32_t best = -1;
  for (int id = 0; id < n_vocab; ++id) {
    if (!(logits[size(id)] > -kInfinity)) continue;
    if (best < 0 || logits[size(id)] > logits[size(best)]) best = id;
  }
  if (best < 0 || logits[size(best)] == kInfinity) return -1;
  if (pick.temperature == 0.f) return best;
  std::vector<kernels::DrawCandidate> scratch;
  return kernels::draw_token(
      logits, best, {.temperature = pick.temperature, .top_p = pick.top_p, .min_p = pick.min_p},
      pick.random, scratch);
}

constexpr PickRow kGreedy = {.random = 0, .temperature = 0, .top_p = 1, .min_p = 0, .mask = -1};

// Ties, rows of nothing, NaN, infinities, a mask; and a second call right after the first.
TEST(Likeliest, PicksTheFirstOfTheLargest) {
  const int vocab = 3007, rows = 5;
  Floats logits = random_floats(size(rows, vocab), 3.f, 1);
  logits[size(900)] = logits[size(2000)] = 50.f;  // two equal ones
  logits[size(vocab) + size(7)] = 90.f;           // row 1: forbidden below
  logits[size(vocab) + size(3006)] = 60.f;
  std::fill_n(logits.begin() + 2 * vocab, vocab, -kInfinity);
  std::fill_n(logits.begin() + 3 * vocab, vocab, kNaN);
  logits[size(3, vocab) + size(5)] = -2.f;
  logits[size(4, vocab) + size(8)] = kInfinity;
  std::vector<PickRow> picks(size(rows), kGreedy);
  picks[1].mask = 1;
  std::vector<std::uint32_t> masks(size(2, mask_words(vocab)), ~0u);
  masks[size(mask_words(vocab))] &= ~(1u << 7);
  Rows on_device(vocab, logits, picks, masks);
  in_every_order([&] { EXPECT_EQ(on_device.choose(), (Ints{900, 3006, -1, 5, -1})); });
}

// Rows of every kind side by side: flat and steep, with few distinct values (so that equals stand at
// the threshold), with tokens that are forbidden, infinitely unlikely or no number. That the draws
// are in proportion is the twin's affair (tests/model/engine/sampler_test.cpp).
TEST(Sample, DrawsTheTokenThatTheProcessorDraws) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<float> unit(0.f, 1.f);
  for (const int vocab : {1, 33, 1027}) {
    const int rows = 12, words = mask_words(vocab);
    Floats logits = random_floats(size(rows, vocab), 4.f, 3);
    std::vector<PickRow> picks;
    std::vector<std::uint32_t> masks(size(2, words));
    for (auto& word : masks) word = static_cast<std::uint32_t>(random());
    masks[0] |= 1u, masks[size(words)] = 0x80000001u;
    for (int r = 0; r < rows; ++r) {
      const auto row = std::span(logits).subspan(size(r, vocab), size(vocab));
      if (r % 3 == 1)
        for (float& v : row) v = std::round(v);
      if (r % 4 == 2) row[size(vocab / 2)] = kNaN, row[size(vocab / 3)] = -kInfinity;
      if (r % 8 == 7) std::ranges::fill(row, 2.5f);  // all equal
      picks.push_back({.random = r == 3   ? 0
                                 : r == 4 ? ~std::uint64_t{0}
                                          : random(),
                       .temperature = r % 6 == 5 ? 0.f : 0.2f + 2 * unit(random),
                       .top_p = r % 2 == 0   ? 1.f
                                : r % 5 == 0 ? 1e-4f
                                             : unit(random),
                       .min_p = r % 5 < 2 ? 0.2f * unit(random) : 0.f,
                       .mask = r % 4 == 3 ? r / 4 % 2 : -1});
    }
    Ints want;
    for (int r = 0; r < rows; ++r)
      want.push_back(twin({logits.begin() + r * vocab, logits.begin() + (r + 1) * vocab},
                          picks[size(r)], masks.data()));
    Rows on_device(vocab, logits, picks, masks);
    in_every_order([&] { EXPECT_EQ(on_device.choose(), want) << vocab; });
  }
}

TEST(Sample, RefusesArgumentsThatMakeNoSense) {
  EXPECT_EQ(sample({.rows = -1, .n_vocab = 4}, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(sample({.rows = 1, .n_vocab = 0}, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(sample({.rows = 0, .n_vocab = 4}, nullptr), cudaSuccess);
}

}  // namespace
}  // namespace curlew::cuda::testing
