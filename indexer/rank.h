// Every weight of search and retrieval, in one place. docs/retrieval.md says why and what each
// is worth in the benchmark.
#pragma once

#include <cstddef>
#include <cstdint>

namespace curlew::indexer::rank {

// ---- what counts as near the cursor
constexpr int kLinesBefore = 40;  // words of these lines are looked up
constexpr int kLinesAfter = 8;
constexpr double kNearnessHalf = 10;    // lines at which nearness is one half
constexpr double kAfterPenalty = 0.6;   // what stands after the cursor was written earlier
constexpr double kScopeNearness = 0.6;  // heads of the enclosing scopes, however far up
constexpr double kCommentPenalty = 0.25;
constexpr int kNamesMax = 64;  // looked up per query, the nearest first

// ---- definitions
constexpr int kDefinersMax = 8;        // names defined more often say little
constexpr int kDefinersLookedAt = 12;  // files, those this one imports first
constexpr int kUsersLookedAt = 256;    // files; used by more is "everywhere"
constexpr double kImported = 1.0;      // the defining file is imported by this one
constexpr double kOpenOrRecent = 0.8;
constexpr double kSameFolder = 0.7;
constexpr double kElsewhere = 0.45;
constexpr double kOtherLanguage = 0.15;
constexpr double kDeclarationPenalty = 0.55;
constexpr double kContainerSeen = 1.5;     // Index::open where `Index` is near, too
constexpr double kPlainWordPenalty = 0.5;  // "open": no capital inside, no underscore, short

// ---- similar code
constexpr int kQueryLinesBefore = 15, kQueryLinesAfter = 4;
constexpr int kQueryTermsTried = 40;  // looked up, the longest: likely the rare ones
constexpr int kQueryTermsMax = 12;    // the rarest ones
constexpr int kPostingsMax = 1024;    // a term in more chunks is too common to look up
constexpr int kRerankedMax = 40;      // chunks whose text is read

// ---- recently edited code
constexpr int kRecentFilesMax = 8;
constexpr int kRecentChunksMax = 64;  // compared, per file

// ---- imports
constexpr int kImportsMax = 24;    // files of the workspace
constexpr int kImportsTried = 64;  // imports as written, most of which lie outside it
constexpr int kOutlineLinesMax = 30;

// ---- fusion: one table. A source's own score lies in 0..1; `weight` makes sources comparable,
// `threshold` is what a chunk must reach to be shown, `share` is what the source may take of the
// bytes before the others have had theirs.
struct SourceWeights {
  double weight, threshold, share;
};
constexpr SourceWeights kSources[] = {
    {1.00, 0.06, 0.60},  // ContextSource::kDefinition
    {0.90, 0.12, 0.35},  // kSimilar
    {1.00, 0.09, 0.25},  // kRecentEdit
    {0.35, 0.10, 0.20},  // kImport
};
// Scores are rounded to powers of this, so that one letter typed reorders nothing.
constexpr double kScoreStep = 1.25;
constexpr int kDefinitionLinesMax = 40;  // a longer one is shown as a skeleton
constexpr int kSkeletonLinesMax = 24;
// Lines around the cursor that the prompt shows anyway.
constexpr int kPromptLinesBefore = 60, kPromptLinesAfter = 30;

// ---- search
struct SearchWeights {
  double exact = 1.0, exact_other_case = 0.9, prefix = 0.7, humps = 0.45, subsequence = 0.25;
};
constexpr SearchWeights kSymbolSearch;
constexpr double kDeclarationInSearch = 0.9;  // still before a mere prefix
constexpr double kFusionK = 60;               // reciprocal rank fusion, Cormack et al. 2009
constexpr double kSymbolList = 1.0, kTextList = 0.8;
constexpr int kTextCandidates = 120;

}  // namespace curlew::indexer::rank
