// What stands at the head of a text with variants (variants.h), in C of 1989 and in C++: which of them is alive, as
// the environment says, and notes of those that a run comes to.
#pragma once

#include <string_view>

namespace curlew::assist {

// CURLEW_PICK=n: the variant n is alive. CURLEW_SEEN=FILE: none is, and the first number of each place that is
// come to is written to FILE, a line each, once per process and text. Neither: none is.
// curlew_at(first, last) asks for a place whose variants have these numbers.
constexpr int kVariantsMax = 12'000;  // in all texts of a program
constexpr int kVariantLinesBegin =
    20'000;  // the line of variant n is that plus n; C89 ends at 32767

constexpr std::string_view kVariantHelper = R"helper(
#ifndef CURLEW_VARIANTS
#define CURLEW_VARIANTS
#if defined(__clang__)
#pragma clang diagnostic ignored "-Weverything"
#pragma clang diagnostic error "-Wimplicit-function-declaration"
#else
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Waddress"
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wbool-compare"
#pragma GCC diagnostic ignored "-Wbool-operation"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wdangling-else"
#pragma GCC diagnostic ignored "-Wdeclaration-after-statement"
#pragma GCC diagnostic ignored "-Wdiv-by-zero"
#pragma GCC diagnostic ignored "-Wduplicated-branches"
#pragma GCC diagnostic ignored "-Wduplicated-cond"
#pragma GCC diagnostic ignored "-Wempty-body"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wlogical-not-parentheses"
#pragma GCC diagnostic ignored "-Wlogical-op"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wmisleading-indentation"
#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wnonnull-compare"
#pragma GCC diagnostic ignored "-Wnull-dereference"
#pragma GCC diagnostic ignored "-Woverflow"
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#pragma GCC diagnostic ignored "-Wreturn-type"
#pragma GCC diagnostic ignored "-Wsequence-point"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wshift-count-negative"
#pragma GCC diagnostic ignored "-Wshift-count-overflow"
#pragma GCC diagnostic ignored "-Wshift-negative-value"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#pragma GCC diagnostic ignored "-Wswitch"
#pragma GCC diagnostic ignored "-Wswitch-enum"
#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wunused"
#pragma GCC diagnostic ignored "-Wunused-but-set-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-label"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-variable"
#ifndef __cplusplus
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"
#pragma GCC diagnostic error "-Wimplicit-function-declaration"
#endif
#endif
#ifdef __cplusplus
extern "C" {
#endif
extern char** curlew_environ __asm__("environ");
#ifdef __cplusplus
}
#endif
static int curlew_mode; /* 0: none is alive; -1: notes are wanted */
static const char* curlew_seen;
static char curlew_noted[12001];
static const char* curlew_behind(const char* text, const char* head) {
  while (*head && *text == *head) ++text, ++head;
  return *head ? (const char*)0 : text;
}
__attribute__((constructor(101), unused)) static void curlew_begin(void) {
  char** at = curlew_environ;
  for (; at && *at; ++at) {
    const char* pick = curlew_behind(*at, "CURLEW_PICK=");
    const char* seen = curlew_behind(*at, "CURLEW_SEEN=");
    if (pick) for (curlew_mode = 0; *pick >= '0' && *pick <= '9'; ++pick) curlew_mode = curlew_mode * 10 + (*pick - '0');
    if (seen) curlew_seen = seen, curlew_mode = -1;
  }
}
__attribute__((unused)) static long curlew_call(long number, long a, long b, long c, long d) {
#if defined(__x86_64__) && !defined(__ILP32__)
  long result;
  __asm__ __volatile__("movq %5, %%r10\n\tsyscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(d) : "rcx", "r10", "r11", "memory");
  return result;
#elif defined(__aarch64__) && !defined(__ILP32__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ __volatile__("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#else
  return -1 + 0 * (number + a + b + c + d);
#endif
}
#if defined(__aarch64__)
#define CURLEW_OPENAT 56
#define CURLEW_WRITE 64
#define CURLEW_CLOSE 57
#else
#define CURLEW_OPENAT 257
#define CURLEW_WRITE 1
#define CURLEW_CLOSE 3
#endif
__attribute__((unused)) static int curlew_note(int number) {
  char line[8];
  int at = 8, left = number;
  long file;
  if (curlew_noted[number]) return 0;
  curlew_noted[number] = 1;
  line[--at] = '\n';
  for (; left > 0; left /= 10) line[--at] = (char)('0' + left % 10);
  file = curlew_call(CURLEW_OPENAT, -100, (long)curlew_seen, 02101, 0600);
  if (file < 0) return 0;
  curlew_call(CURLEW_WRITE, file, (long)(line + at), 8 - at, 0);
  curlew_call(CURLEW_CLOSE, file, 0, 0, 0);
  return 0;
}
#define curlew_at(first, last) \
  (curlew_mode >= (first) ? curlew_mode <= (last) : curlew_mode < 0 && curlew_note(first))
#endif
)helper";

}  // namespace curlew::assist
