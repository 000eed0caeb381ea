#include "kernels/cpu/half.h"
#include "kernels/reference/reference.h"
#include "tests/kernels/kernel_case.h"
#include "tests/kernels/kv_case.h"

namespace curlew::kernels {
namespace {

// Runs attention() over a cache filled in two steps, as a prompt and its continuation are, and
// compares with the reference on what the cache then holds.
void check_attention(const AttentionShape& s, KvType type, int threads) {
  ThreadPool pool(threads);
  AttentionCase attention_case(s, type, 21);
  std::vector<float> out = attention_case.run(0, s.tokens, pool);
  const AttentionArgs args = attention_case.args(0, s.tokens);
  std::vector<double> want(out.size());
  const std::vector<float> k = attention_case.stored_keys(), v = attention_case.stored_values();
  attention_ref(args, k.data(), s.value_row ? k.data() : v.data(), want.data());
  expect_near(out, want, 3e-6, 1e-5, s.name());
}

class Attention : public OnEveryPath {};
INSTANTIATE_ON_EVERY_PATH(Attention);

TEST_P(Attention, MatchesTheReferenceForHeadSizesAndGroups) {
  for (const int head_dim : {24, 64, 96, 128, 256})
    for (const int group : {1, 3, 7})
      for (const KvType type : {KvType::kF16, KvType::kF32, KvType::kQ8_0}) {
        if (type == KvType::kQ8_0 && head_dim % 32 != 0) continue;
        ASSERT_NO_FATAL_FAILURE(check_attention({2 * group, 2, head_dim, 70, 1}, type, 1));
        ASSERT_NO_FATAL_FAILURE(check_attention({2 * group, 2, head_dim, 0, 5}, type, 1));
      }
}

TEST_P(Attention, MatchesTheReferenceAroundTheEdgesOfBlocks) {
  for (const int first_pos : {0, 1, 62, 63, 64, 65, 127, 128, 255, 256})
    for (const int tokens : {1, 2, 64, 65})
      ASSERT_NO_FATAL_FAILURE(check_attention({3, 1, 24, first_pos, tokens}, KvType::kF16, 2));
}

TEST_P(Attention, MatchesTheReferenceForLongPromptsAndWhenTheCacheIsSplitBetweenThreads) {
  ASSERT_NO_FATAL_FAILURE(check_attention({14, 2, 64, 17, 257}, KvType::kF16, 3));
  ASSERT_NO_FATAL_FAILURE(check_attention({2, 1, 64, 1500, 1}, KvType::kF16, 4));
  ASSERT_NO_FATAL_FAILURE(check_attention({2, 1, 64, 1500, 1}, KvType::kQ8_0, 2));
  ASSERT_NO_FATAL_FAILURE(check_attention({7, 1, 32, 1023, 3}, KvType::kF32, 2));
}

TEST_P(Attention, TakesValuesOfAnotherSizeThanKeys) {
  for (const KvType type : {KvType::kF16, KvType::kF32, KvType::kQ8_0})
    for (const int value_dim : {8, 32, 40, 192})
      ASSERT_NO_FATAL_FAILURE(check_attention(
          {.n_heads = 4,
           .n_kv_heads = 2,
           .head_dim = 96,
           .first_pos = 60,
           .tokens = 9,
           .value_dim = type == KvType::kQ8_0 ? (value_dim + 31) / 32 * 32 : value_dim},
          type, 2));
}

TEST_P(Attention, ReadsValuesOutOfTheKeyRowsOfLatentAttention) {
  for (const KvType type : {KvType::kF16, KvType::kF32, KvType::kQ8_0}) {
    AttentionShape shape{.n_heads = 16,
                         .n_kv_heads = 1,
                         .head_dim = 576,
                         .first_pos = 0,
                         .tokens = 7,
                         .value_dim = 512,
                         .value_row = 576};
    ASSERT_NO_FATAL_FAILURE(check_attention(shape, type, 1));
    shape.first_pos = 700, shape.tokens = 1;
    ASSERT_NO_FATAL_FAILURE(check_attention(shape, type, 3));
  }
  // Two KV heads, and a value that ends inside of a vector.
  ASSERT_NO_FATAL_FAILURE(check_attention({.n_heads = 6,
                                           .n_kv_heads = 2,
                                           .head_dim = 64,
                                           .first_pos = 100,
                                           .tokens = 3,
                                           .value_dim = 37,
                                           .value_row = 64},
                                          KvType::kF16, 1));
}

TEST_P(Attention, SeesOnlyItsWindow) {
  for (const int window : {1, 2, 63, 64, 65, 100, 128, 300, 5000})
    for (const int first_pos : {0, 63, 64, 500, 1000})
      for (const int tokens : {1, 3, 130}) {
        AttentionShape shape{4, 2, 32, first_pos, tokens};
        shape.window = window;
        ASSERT_NO_FATAL_FAILURE(check_attention(shape, KvType::kF16, 3));
      }
}

TEST_P(Attention, GivesSinksTheirShare) {
  for (const int window : {0, 5, 128})
    for (const int first_pos : {0, 900})
      for (const int tokens : {1, 20}) {
        AttentionShape shape{6, 2, 64, first_pos, tokens};
        shape.window = window;
        shape.sinks = true;
        ASSERT_NO_FATAL_FAILURE(check_attention(shape, KvType::kF16, 2));
      }
}

TEST_P(Attention, NeverReadsBlocksThatLieBeforeTheWindow) {
  AttentionShape shape{2, 1, 32, 700, 2};
  shape.window = 100;
  ThreadPool pool(2);
  AttentionCase attention_case(shape, KvType::kF16, 3);
  const std::vector<float> before = attention_case.run(0, 2, pool);
  for (int block = 0; block < (700 - 99) / kKvBlockTokens; ++block)
    attention_case.drop_block(block);
  EXPECT_EQ(attention_case.run(0, 2, pool), before);
}

TEST_P(Attention, LooksOnlyAtItselfInTheFirstPosition) {
  ASSERT_NO_FATAL_FAILURE(check_attention({4, 2, 40, 0, 1}, KvType::kF32, 2));
}

TEST_P(Attention, SurvivesScoresFarApart) {
  ThreadPool pool(1);
  constexpr int kDim = 16;
  std::vector<std::uint8_t> k_block(kv_block_bytes(KvType::kF32, 1, kDim), 0xff), v_block = k_block;
  void* k_blocks[] = {k_block.data()};
  void* v_blocks[] = {v_block.data()};
  std::vector<float> k(2 * kDim, 0.f), v(2 * kDim, 0.f), q(kDim, 0.f), out = unwritten(kDim);
  q[0] = 1000.f;
  k[0] = -1000.f, k[kDim] = 1000.f;  // scores -1e6 and 1e6
  v[0] = 5.f, v[kDim] = 7.f;
  kv_write(k.data(), k_blocks, KvType::kF32, 0, 2, 1, kDim);
  kv_write(v.data(), v_blocks, KvType::kF32, 0, 2, 1, kDim);
  attention({.q = q.data(),
             .k_blocks = k_blocks,
             .v_blocks = v_blocks,
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

// Every token alone, and any batch of them, on any number of threads: the same bits.
TEST_P(Attention, GivesATokenTheSameBitsInAnyBatch) {
  for (const KvType type : {KvType::kF16, KvType::kF32, KvType::kQ8_0})
    for (const int first_pos : {0, 40, 500, 1000})
      for (const bool window_and_sinks : {false, true}) {
        AttentionShape shape{6, 2, 32, first_pos, 33};
        if (window_and_sinks) shape.window = 90, shape.sinks = true;
        AttentionCase attention_case(shape, type, 5);
        ThreadPool one(1), two(2), three(3);
        const std::vector<float> want = attention_case.run(0, 33, one);
        const std::size_t token_floats = want.size() / 33;
        for (ThreadPool* pool : {&one, &two, &three})
          for (int tokens = 1; tokens <= 33; ++tokens)
            for (int first = 0; first + tokens <= 33; first += tokens) {
              const std::vector<float> got = attention_case.run(first, tokens, *pool);
              ASSERT_EQ(0, std::memcmp(got.data(),
                                       want.data() + static_cast<std::size_t>(first) * token_floats,
                                       got.size() * sizeof(float)))
                  << shape.name() << ": tokens " << first << " to " << first + tokens << " on "
                  << pool->size() << " threads";
            }
      }
}

class KvWrite : public OnEveryPath {};
INSTANTIATE_ON_EVERY_PATH(KvWrite);

TEST_P(KvWrite, RoundsToTheNearestCodeOfTheStoredScale) {
  constexpr int kDim = 64, kTokens = 70;
  std::vector<float> rows = random_floats(kDim * kTokens, 1.f, 9);
  for (int i = 0; i < 32; ++i) rows[i] = 0.f;      // a group of zeros
  for (int i = 32; i < 64; ++i) rows[i] *= 1e-3f;  // below half precision's normals
  for (int i = 64; i < 96; ++i) rows[i] *= 1e6f;   // near its end
  std::vector<std::uint8_t> storage(2 * kv_block_bytes(KvType::kQ8_0, 1, kDim), 0xff);
  void* blocks[] = {storage.data(), storage.data() + storage.size() / 2};
  kv_write(rows.data(), blocks, KvType::kQ8_0, 0, kTokens, 1, kDim);
  for (int t = 0; t < kTokens; ++t) {
    const std::size_t row_bytes = kDim / 32 * sizeof(BlockQ8_0);
    const auto* row = static_cast<const std::uint8_t*>(blocks[t / kKvBlockTokens]) +
                      static_cast<std::size_t>(t % kKvBlockTokens) * row_bytes;
    float got[kDim];
    dequantize(WeightType::kQ8_0, row, got, kDim);
    for (int i = 0; i < kDim; ++i) {
      BlockQ8_0 block;
      std::memcpy(&block, row + i / 32 * sizeof block, sizeof block);
      const float d = f16_to_f32(block.d);
      // A scale below half precision's normals is itself off by up to half of 2^-24.
      const float slack = t == 0 && i < 64 ? 127 * 0x1p-25f : 0.f;
      ASSERT_LE(std::fabs(got[i] - rows[t * kDim + i]), d * 0.5001f + slack) << t << " " << i;
    }
  }
}

}  // namespace
}  // namespace curlew::kernels
