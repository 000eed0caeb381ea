// Keeps a grammar's scanner within the buffer it is given.
//
// tree-sitter hands a scanner 1024 bytes to save its state in. The scanners of Markdown and YAML
// save four bytes for every open block, Python's two for every indentation, and do not look where
// the buffer ends: three hundred nested lists are enough to write past it. Here the state is saved
// into a larger buffer first. A state that is too long is forgotten, which costs that file some of
// its structure and nothing else; the scanner is given its last saved state back before each token,
// so it never grows much beyond the limit.
//
// Compiled once for each such grammar, into the grammar's own library: CMakeLists.txt renames the
// function that the generated parser calls to CURLEW_GUARD, the grammar defines CURLEW_SCANNER.
#include <string.h>

enum { kStateBytesMax = 1024, kScratchBytes = 64 * 1024 };

unsigned CURLEW_SCANNER(void* scanner, char* buffer);
unsigned CURLEW_GUARD(void* scanner, char* buffer);

unsigned CURLEW_GUARD(void* scanner, char* buffer) {
  static _Thread_local _Alignas(8) char scratch[kScratchBytes];
  const unsigned length = CURLEW_SCANNER(scanner, scratch);
  if (length > kStateBytesMax) return 0;
  memcpy(buffer, scratch, length);
  return length;
}
