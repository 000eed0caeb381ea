// How likely each candidate is the line that its user will write: a conditional logit over the
// candidates of one place and "none of them". The weights are fitted, not chosen
// (tests/bench/completion/fit_copy.py), and live in one table in copy_confidence.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace curlew::model {

// Order and meaning are shared with the table of weights; each is about 0..3.
enum CopyFeature : std::size_t {
  kOne,             // 1: what any candidate is worth against "none"
  kMatchLexemes,    // log2(1 + lexemes matched before the cursor)
  kMatchBits,       // the same weighed by rarity, / 32
  kFullLine,        // the match covers the cursor's line (or, at a line's start, the one above)
  kSupport,         // log2(1 + places that continue alike)
  kTopShare,        // share of the places with the longest match
  kBlendedShare,    // log of the chance by blending all match lengths (prediction by partial match)
  kRightLexemes,    // log2(1 + lexemes that agree behind the cursor)
  kRightFirstLine,  // the whole next line agrees
  kNearness,        // 1 / (1 + log2(1 + distance in lines)); 0 in other files
  kOtherFile,       // every place is in another file
  kRepeatsNext,     // the line would equal the next one
  kRepeatsPrevious,   // or the one above
  kIndentDiffers,     // the source's line is in another step of indentation than the cursor's
  kBracketsDiffer,    // closes or opens other brackets than the source's line does
  kTextBytes,         // log2(1 + length) / 2
  kKnownWords,        // share of its words that stand near the cursor
  kNoWords,           // punctuation only
  kLineStart,         // the cursor is at the start of a line
  kLineStartMatch,    // kLineStart * kMatchBits
  kLineStartBlended,  // kLineStart * kBlendedShare
  kBlankDiffers,      // a blank stands on one side of the cursor only in one of the two
  kHalfWord,          // the cursor stands in a word
  kMatchOne,          // at most one lexeme matched
  kMatchTwo,          // at most two
  kMatchFour,         // at most four
  kMatchEight,        // at most eight
  kPlaces,            // log2(1 + places found for this cursor) / 4
  kSupportShare,      // share of the places that match as well as the best of this line
  kCopyFeatures,
};
using CopyFeatures = std::array<float, kCopyFeatures>;

// One chance per candidate; together at most 1, the rest is "none of them".
std::vector<float> copy_chances(std::span<const CopyFeatures> candidates);

}  // namespace curlew::model
