// Attention of many tokens on the matrix units, against float64.
#include "kernels/cuda/attention_prompt.h"

#include "kernels/reference/reference.h"
#include "tests/kernels/cuda/device_case.h"
#include "tests/kernels/cuda/prompt_case.h"

namespace curlew::cuda::testing {
namespace {

using kernels::expect_near;

struct PromptShape {
  int n_heads, n_kv_heads, head_dim, window;
  bool has_sinks;
};

class AttentionPrompt : public ::testing::TestWithParam<PromptShape> {};

// Two sequences in scattered blocks: the whole of one, and the end of one that is there already. The
// first is cut into tiles at odd places: a token's bits are the same as with the other cut.
TEST_P(AttentionPrompt, MatchesReference) {
  const PromptShape h = GetParam();
  const int lengths[] = {83, 150}, firsts[] = {0, 139};
  const int group_cols = h.n_kv_heads * h.head_dim, cols = h.n_heads * h.head_dim;
  DeviceCase device;
  PromptCache cache(device, h.n_kv_heads, h.head_dim, lengths, firsts);
  const int tokens = cache.tokens();
  const Floats q = kernels::random_floats(size(tokens, cols), 1.f, 7);
  const Floats sinks = kernels::random_floats(size(h.n_heads), 1.f, 8);
  const float scale = 1.f / std::sqrt(static_cast<float>(h.head_dim));
  Doubles want(size(tokens, cols));
  for (int s = 0, t = 0; s < 2; t += lengths[s] - firsts[s], ++s) {
    const int count = lengths[s] - firsts[s];
    kernels::attention_ref({.q = q.data() + t * cols,
                            .tokens = count,
                            .first_pos = firsts[s],
                            .n_heads = h.n_heads,
                            .n_kv_heads = h.n_kv_heads,
                            .head_dim = h.head_dim,
                            .window = h.window,
                            .scale = scale,
                            .sinks = h.has_sinks ? sinks.data() : nullptr},
                           cache.keys[size(s)].data(), cache.values[size(s)].data(),
                           want.data() + t * cols);
  }
  EXPECT_EQ(cache.keys[0].size(), size(lengths[0], group_cols));
  Half* halves = device.empty<Half>(want.size());
  float* out = device.empty<float>(want.size());
  AttentionPromptArgs args = {.q = device.upload(q),
                              .kv = cache.layer,
                              .step = cache.step,
                              .out = {.f32 = out, .f16 = halves},
                              .sinks = h.has_sinks ? device.upload(sinks) : nullptr,
                              .n_heads = h.n_heads,
                              .n_kv_heads = h.n_kv_heads,
                              .head_dim = h.head_dim,
                              .window = h.window,
                              .scale = scale};
  Floats before;
  for (const std::vector<QueryTile>& tiles :
       {std::vector<QueryTile>{{0, 64}, {64, 19}, {83, 11}},
        std::vector<QueryTile>{{0, 7}, {7, 33}, {40, 43}, {83, 1}, {84, 10}}}) {
    args.tiles = device.upload(tiles);
    args.n_tiles = static_cast<int>(tiles.size());
    in_every_order([&] {
      EXPECT_CUDA_OK(attention_prompt(args, device.stream()));
      const Floats got = device.download(out, want.size());
      expect_near(got, want, 3e-3, 2e-3, "attention of a prompt");  // weights are halves
      if (!before.empty()) {
        EXPECT_EQ(got, before);
      }
      before = got;
    });
  }
  const auto stored = device.download(halves, want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_EQ(stored[i].bits, kernels::f32_to_f16(before[i]));
}
INSTANTIATE_TEST_SUITE_P(Heads, AttentionPrompt,
                         ::testing::Values(PromptShape{7, 1, 128, 0, false},
                                           PromptShape{4, 2, 64, 0, true},
                                           PromptShape{2, 2, 80, 50, false},
                                           PromptShape{2, 1, 96, 33, true}));

TEST(AttentionPrompt, RefusesWhatItHasNoTilesFor) {
  KvLayer kv = {.values_at = 16, .element = KvElement::kF16};
  EXPECT_TRUE(can_attend_in_tiles(kv, 128, 128));
  EXPECT_FALSE(can_attend_in_tiles(kv, 256, 256));
  EXPECT_FALSE(can_attend_in_tiles(kv, 128, 64));
  kv.element = KvElement::kQ8;
  EXPECT_FALSE(can_attend_in_tiles(kv, 128, 128));
}

}  // namespace
}  // namespace curlew::cuda::testing
