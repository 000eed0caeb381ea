
#include "kernels/cpu/half.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/kernel_case.h"

namespace curlew::kernels {
namespace {

struct Shape {
  int n_heads, n_kv_heads, head_dim, first_pos, tokens;
};

// A cache of NaN-filled blocks: what nobody wrote must not reach a result.
class PagedCache {
 public:
  PagedCache(KvType type, const Shape& s) {
    const std::size_t bytes = kv_block_bytes(type, s.n_kv_heads, s.head_dim);
    const int blocks = (s.first_pos + s.tokens + kKvBlockTokens - 1) / kKvBlockTokens;
    storage_.assign(static_cast<std::size_t>(blocks), std::vector<std::uint8_t>(bytes, 0xff));
    for (auto& block : storage_) blocks_.push_back(block.data());
  }
  void* const* blocks() { return blocks_.data(); }

 private:
  std::vector<std::vector<std::uint8_t>> storage_;
  std::vector<void*> blocks_;
};

std::vector<float> as_stored(std::vector<float> rows, KvType type) {
  if (type == KvType::kF16)
    for (float& v : rows) v = f16_to_f32(f32_to_f16(v));
  return rows;
}

void check_attention(const Shape& s, KvType type, int threads) {
  ThreadPool pool(threads);
  const int positions = s.first_pos + s.tokens;
  const auto kv_floats = static_cast<std::size_t>(positions * s.n_kv_heads * s.head_dim);
  const auto q_floats = static_cast<std::size_t>(s.tokens * s.n_heads * s.head_dim);
  const std::vector<float> k = random_floats(kv_floats, 1.f, 21),
                           v = random_floats(kv_floats, 1.f, 22);
  const std::vector<float> q = random_floats(q_floats, 2.f, 23);
  PagedCache k_cache(type, s), v_cache(type, s);
  // Written in two steps, as a prompt and its continuation are.
  const std::int64_t row = s.n_kv_heads * s.head_dim;
  kv_write(k.data(), k_cache.blocks(), type, 0, s.first_pos, s.n_kv_heads, s.head_dim);
  kv_write(v.data(), v_cache.blocks(), type, 0, s.first_pos, s.n_kv_heads, s.head_dim);
  kv_write(k.data() + s.first_pos * row, k_cache.blocks(), type, s.first_pos, s.tokens,
           s.n_kv_heads, s.head_dim);
  kv_write(v.data() + s.first_pos * row, v_cache.blocks(), type, s.first_pos, s.tokens,
           s.n_kv_heads, s.head_dim);

  std::vector<float> out = unwritten(q_floats);
  const AttentionArgs args{.q = q.data(),
                           .k_blocks = k_cache.blocks(),
                           .v_blocks = v_cache.blocks(),
                           .out = out.data(),
                           .kv_type = type,
                           .tokens = s.tokens,
                           .first_pos = s.first_pos,
                           .n_heads = s.n_heads,
                           .n_kv_heads = s.n_kv_heads,
                           .head_dim = s.head_dim,
                           .scale = 1.f / std::sqrt(static_cast<float>(s.head_dim))};
  attention(args, pool);
  std::vector<double> want(q_floats);
  attention_ref(args, as_stored(k, type).data(), as_stored(v, type).data(), want.data());
  expect_near(out, want, 3e-6, 1e-5,
              "heads " + std::to_string(s.n_heads) + "/" + std::to_string(s.n_kv_heads) + " of " +
                  std::to_string(s.head_dim) + ", " + std::to_string(s.tokens) + " tokens from " +
                  std::to_string(s.first_pos));
}

class Attention : public OnEveryPath {};
INSTANTIATE_ON_EVERY_PATH(Attention);

TEST_P(Attention, MatchesTheReferenceForHeadSizesAndGroups) {
  for (const int head_dim : {24, 64, 96, 128, 256})
    for (const int group : {1, 3, 7})
      for (const KvType type : {KvType::kF16, KvType::kF32}) {
        ASSERT_NO_FATAL_FAILURE(check_attention({2 * group, 2, head_dim, 70, 1}, type, 1));
        ASSERT_NO_FATAL_FAILURE(check_attention({2 * group, 2, head_dim, 0, 5}, type, 1));
      }
}

TEST_P(Attention, MatchesTheReferenceAroundTheEdgesOfBlocks) {
  for (const int first_pos : {0, 1, 62, 63, 64, 65, 127, 128})
    for (const int tokens : {1, 2, 64, 65})
      ASSERT_NO_FATAL_FAILURE(check_attention({3, 1, 24, first_pos, tokens}, KvType::kF16, 2));
}

TEST_P(Attention, MatchesTheReferenceForLongPromptsAndWhenTheCacheIsSplitBetweenThreads) {
  ASSERT_NO_FATAL_FAILURE(check_attention({14, 2, 64, 17, 257}, KvType::kF16, 3));
  ASSERT_NO_FATAL_FAILURE(check_attention({2, 1, 64, 1500, 1}, KvType::kF16, 4));
  ASSERT_NO_FATAL_FAILURE(check_attention({7, 1, 32, 1023, 3}, KvType::kF32, 2));
}

TEST_P(Attention, LooksOnlyAtItselfInTheFirstPosition) {
  ASSERT_NO_FATAL_FAILURE(check_attention({4, 2, 40, 0, 1}, KvType::kF32, 2));
}

TEST_P(Attention, SurvivesScoresFarApart) {
  ThreadPool pool(1);
  constexpr int kDim = 16;
  const Shape shape{1, 1, kDim, 1, 1};
  PagedCache k_cache(KvType::kF32, shape), v_cache(KvType::kF32, shape);
  std::vector<float> k(2 * kDim, 0.f), v(2 * kDim, 0.f), q(kDim, 0.f), out = unwritten(kDim);
  q[0] = 1000.f;
  k[0] = -1000.f, k[kDim] = 1000.f;  // scores -1e6 and 1e6
  v[0] = 5.f, v[kDim] = 7.f;
  kv_write(k.data(), k_cache.blocks(), KvType::kF32, 0, 2, 1, kDim);
  kv_write(v.data(), v_cache.blocks(), KvType::kF32, 0, 2, 1, kDim);
  attention({.q = q.data(),
             .k_blocks = k_cache.blocks(),
             .v_blocks = v_cache.blocks(),
             .out = out.data(),
             .kv_type = KvType::kF32,
             .tokens = 1,
             .first_pos = 1,
             .n_heads = 1,
             .n_kv_heads = 1,
             .head_dim = kDim},
            pool);
  EXPECT_FLOAT_EQ(out[0], 7.f);
}

}  // namespace
}  // namespace curlew::kernels
