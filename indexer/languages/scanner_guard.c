// Keeps a grammar's scanner within the buffer it is given, and its memory within bounds.
//
// tree-sitter hands a scanner 1024 bytes to save its state in and gives the state back before each
// token. Some scanners do not look where these bytes end. Markdown and YAML save four bytes for
// every open block, Python two for every indentation: three hundred nested lists are enough. Ruby
// counts two bytes of each heredoc's four, and keeps the low byte only of the length of its word, so
// that it reads back lengths that it never wrote. Here the state is saved into a larger buffer
// first, and one that is too long is forgotten, which costs that file some of its structure and
// nothing else. What is read back is a copy with zeros behind it.
//
// With CURLEW_SAVE_FIRST the scanner also saves its state (to nowhere) before it is given another:
// SQL's lets go of its tag only when it saves it, and would lose one for every token of a
// dollar-quoted body.
//
// Compiled once for each such grammar, into the grammar's own library: CMakeLists.txt renames the
// functions that the generated parser calls to CURLEW_GUARD_..., the grammar defines
// CURLEW_SCANNER_....
#include <string.h>

#define PASTE(a, b) a##b
#define NAMED(a, b) PASTE(a, b)

enum { kStateBytesMax = 1024, kScratchBytes = 64 * 1024 };

unsigned NAMED(CURLEW_SCANNER, _serialize)(void* scanner, char* buffer);
void NAMED(CURLEW_SCANNER, _deserialize)(void* scanner, const char* buffer, unsigned length);
unsigned NAMED(CURLEW_GUARD, _serialize)(void* scanner, char* buffer);
void NAMED(CURLEW_GUARD, _deserialize)(void* scanner, const char* buffer, unsigned length);

static _Thread_local _Alignas(8) char saved[kScratchBytes];
static _Thread_local _Alignas(8) char restored[kScratchBytes];  // zero from restored_bytes on
static _Thread_local unsigned restored_bytes;

unsigned NAMED(CURLEW_GUARD, _serialize)(void* scanner, char* buffer) {
  const unsigned length = NAMED(CURLEW_SCANNER, _serialize)(scanner, saved);
  if (length > kStateBytesMax) return 0;
  memcpy(buffer, saved, length);
  return length;
}

void NAMED(CURLEW_GUARD, _deserialize)(void* scanner, const char* buffer, unsigned length) {
#ifdef CURLEW_SAVE_FIRST
  NAMED(CURLEW_SCANNER, _serialize)(scanner, saved);
#endif
  if (length > 0) memcpy(restored, buffer, length);
  if (restored_bytes > length) memset(restored + length, 0, restored_bytes - length);
  restored_bytes = length;
  NAMED(CURLEW_SCANNER, _deserialize)(scanner, restored, length);
}
