// C and C++ are parsed before the preprocessor ran, and a macro that stands where the grammar knows
// of nothing derails it: `class EXPORT Reader {` reads as a function. Here such macros are blanked
// out of the text that the parser sees. Every byte keeps its place, so ranges fit both texts.
//
// Taken for a macro is a name in capitals in one of these places (a name with two underscores in
// front too, where marked +; any name, where marked *), together with its arguments:
//   class EXPORT Reader {             between "class" and the name
//   __BEGIN_DECLS                     alone on a line, where a statement could start
//   API const char* name(int);        in front of a whole declaration +
//   int CALL name(int);               between type and name of a function
//   void f() REQUIRES(mutex) {        between a parameter list and "{", ";", "=" or ":" +
//   int name OF((int a));             around a parameter list: the parameters stay *
//   EXTERN(int) name(void);           where a declaration starts: the name stays, for a type *
//   int f(STACK_OF(X)* all);          where a parameter starts: the same
// and "#define" lines between the enumerators of an enum, which the grammar cannot take either.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "indexer/source/language.h"

namespace curlew::indexer {

// Nothing when there is nothing to blank, or the language has no such macros.
std::optional<std::string> without_macros(const Language& language, std::string_view text);

}  // namespace curlew::indexer
