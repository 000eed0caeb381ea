// simd_avx512.h's operations in portable C++: eight lanes in arrays, which compilers turn into
// whatever the baseline of the target offers.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cpu/half.h"

namespace curlew::kernels {
namespace {

struct SimdPlain {
  static constexpr int kLanes = 8;
  static constexpr int kTokenTile = 4;
  static constexpr int kRowVectors = 1;
  static constexpr int kScoreRows = 2;
  static constexpr int kScoreVectors = 2;
  static constexpr bool kSignedWide = false;

  struct Floats {
    float v[kLanes];
  };
  struct Ints {
    std::int32_t v[kLanes];
  };
  struct Bytes {
    std::uint8_t v[kLanes * 4];
  };

  template <class Make>
  static Floats each(Make make) {
    Floats out;
    for (int i = 0; i < kLanes; ++i) out.v[i] = make(i);
    return out;
  }

  static Floats zero() { return set(0.f); }
  static Floats set(float x) {
    return each([=](int) { return x; });
  }
  static Floats load(const float* p) {
    return each([=](int i) { return p[i]; });
  }
  static void store(float* p, const Floats& a) { store_n(p, a, kLanes); }
  static Floats add(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  static Floats sub(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] - b.v[i]; });
  }
  static Floats mul(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] * b.v[i]; });
  }
  static Floats div(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] / b.v[i]; });
  }
  static Floats max(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Floats min(const Floats& a, const Floats& b) {
    return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Floats fma(const Floats& a, const Floats& b, const Floats& c) {
    return each([&](int i) { return a.v[i] * b.v[i] + c.v[i]; });
  }
  static Floats fnma(const Floats& a, const Floats& b, const Floats& c) {
    return each([&](int i) { return c.v[i] - a.v[i] * b.v[i]; });
  }
  static Floats abs(const Floats& a) {
    return each([&](int i) { return std::fabs(a.v[i]); });
  }
  static Floats round(const Floats& a) {
    return each([&](int i) { return std::nearbyint(a.v[i]); });
  }
  static float sum(const Floats& a) {
    return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
  }
  static float max_of(const Floats& a) {
    float best = a.v[0];
    for (float x : a.v) best = x > best ? x : best;
    return best;
  }
  static Floats scale_by_power(const Floats& a, const Floats& n) {
    return each([&](int i) {
      return a.v[i] * std::bit_cast<float>((static_cast<std::int32_t>(n.v[i]) + 127) << 23);
    });
  }

  static Floats load_n(const float* p, int n) {
    return each([=](int i) { return i < n ? p[i] : 0.f; });
  }
  static void store_n(float* p, const Floats& a, int n) {
    for (int i = 0; i < n; ++i) p[i] = a.v[i];
  }
  static Floats keep_first(const Floats& a, int n, const Floats& others) {
    return each([&](int i) { return i < n ? a.v[i] : others.v[i]; });
  }

  static Floats load_f16(const void* p) { return load_f16_n(p, kLanes); }
  static Floats load_f16_n(const void* p, int n) {
    return each([=](int i) { return i < n ? f16_to_f32(load_u16(p, i)) : 0.f; });
  }
  static Floats set_f16(const void* p) { return set(f16_to_f32(load_u16(p, 0))); }
  static void store_f16_n(void* p, const Floats& a, int n) {
    for (int i = 0; i < n; ++i) {
      const std::uint16_t half = f32_to_f16(a.v[i]);
      __builtin_memcpy(static_cast<char*>(p) + 2 * i, &half, 2);
    }
  }
  static Floats load_bf16(const void* p) { return load_bf16_n(p, kLanes); }
  static Floats load_bf16_n(const void* p, int n) {
    return each([=](int i) { return i < n ? bf16_to_f32(load_u16(p, i)) : 0.f; });
  }
  static Floats load_i8(const std::int8_t* p) {
    return each([=](int i) { return static_cast<float>(p[i]); });
  }
  static Floats load_u8(const std::uint8_t* p) {
    return each([=](int i) { return static_cast<float>(p[i]); });
  }

  static Ints set_int(std::int32_t x) {
    Ints out;
    for (std::int32_t& v : out.v) v = x;
    return out;
  }
  static Floats to_floats(const Ints& a) {
    return each([&](int i) { return static_cast<float>(a.v[i]); });
  }

  static Bytes load_bytes(const std::uint8_t* p) {
    Bytes out;
    __builtin_memcpy(out.v, p, sizeof out.v);
    return out;
  }
  static Bytes bit_or(const Bytes& a, const Bytes& b) {
    Bytes out;
    for (int i = 0; i < kLanes * 4; ++i) out.v[i] = a.v[i] | b.v[i];
    return out;
  }
  template <int kLeft>
  static Bytes shift_and(const Bytes& a, int mask) {
    Bytes out;
    for (int i = 0; i < kLanes * 4; ++i) {
      const int shifted =
          kLeft >= 0 ? a.v[i] << (kLeft >= 0 ? kLeft : 0) : a.v[i] >> (kLeft < 0 ? -kLeft : 0);
      out.v[i] = static_cast<std::uint8_t>(shifted & mask);
    }
    return out;
  }
  static Bytes lookup(const std::uint8_t* entries, const Bytes& codes) {
    Bytes out;
    for (int i = 0; i < kLanes * 4; ++i) out.v[i] = entries[codes.v[i]];
    return out;
  }

  struct Quad {
    std::int8_t v[4];
  };
  static Quad broadcast_4(const std::int8_t* x) { return {{x[0], x[1], x[2], x[3]}}; }
  static Ints dot_narrow(const Ints& sum, const Bytes& w, const Quad& x) {
    Ints out;
    for (int r = 0; r < kLanes; ++r)
      out.v[r] = sum.v[r] + w.v[4 * r] * x.v[0] + w.v[4 * r + 1] * x.v[1] +
                 w.v[4 * r + 2] * x.v[2] + w.v[4 * r + 3] * x.v[3];
    return out;
  }
  static Ints dot_wide(const Ints& sum, const Bytes& w, const Quad& x) {
    return dot_narrow(sum, w, x);
  }

  static int quantize_16(const float* x, float inverse, std::int8_t* q) {
    int sum = 0;
    for (int i = 0; i < 16; ++i) {
      const int v = static_cast<int>(std::nearbyint(x[i] * inverse));
      q[i] = static_cast<std::int8_t>(v);
      sum += v;
    }
    return sum;
  }

  static void prefetch(const void*) {}

  static void transpose(Floats (&v)[kLanes]) {
    for (int i = 0; i < kLanes; ++i)
      for (int j = 0; j < i; ++j) {
        const float other = v[i].v[j];
        v[i].v[j] = v[j].v[i];
        v[j].v[i] = other;
      }
  }

 private:
  static std::uint16_t load_u16(const void* p, int i) {
    std::uint16_t bits;
    __builtin_memcpy(&bits, static_cast<const char*>(p) + 2 * i, 2);
    return bits;
  }
};

}  // namespace
}  // namespace curlew::kernels
