// How a name may answer what was typed: by its beginning, by the humps of its camel case, by a piece,
// or by letters spread over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curlew::indexer {

// Whether a word within the name begins at `i`: at its start, after '_', '-' or '.', and where
// capitals begin.
bool is_hump(std::string_view name, std::size_t i);

// The better way first; none minds the case of letters. A shorter name is better than a longer one
// that answers in the same way.
enum class NameMatch : std::uint8_t {
  kPrefix,  // it begins so
  kHumps,   // every typed letter begins a hump or follows the one before: "gne", "getne"
  kPiece,   // it holds it in one piece
  kSpread,  // it holds all its letters, in order, from some hump on
};
constexpr std::size_t kNameMatches = 4;
constexpr std::size_t kNamePieceBytesMin = 3;  // shorter pieces stand in every other name

// What was typed, made ready for asking any number of names. Immutable.
class NamePattern {
 public:
  explicit NamePattern(std::string_view typed);
  const std::string& typed() const { return typed_; }  // without case
  // The best way in which the name answers; none: in no way, or nothing was typed.
  std::optional<NameMatch> match(std::string_view name) const;

 private:
  std::string typed_;
};

}  // namespace curlew::indexer
