// Every weight of search and retrieval, in one place. docs/retrieval.md says why and what each
// is worth in the benchmark.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace curlew::indexer::rank {

// ---- what counts as near the cursor
constexpr int kLinesBefore = 40;  // words of these lines are looked up
constexpr int kLinesAfter = 8;
constexpr double kNearnessHalf = 10;    // lines at which nearness is one half
constexpr double kAfterPenalty = 0.6;   // what stands after the cursor was written earlier
constexpr double kScopeNearness = 0.6;  // heads of the enclosing scopes, however far up
constexpr double kCommentPenalty = 0.25;
constexpr int kNamesMax = 64;  // looked up per query, the nearest first

// ---- files in reach
constexpr int kUsersLookedAt = 256;  // files; used by more is "everywhere"
constexpr std::size_t kReachedMax = 112;
constexpr int kFolderFilesRead = 400;  // names of the folder's files that are compared
constexpr std::size_t kFolderFilesMax = 32;
constexpr std::size_t kNearFolderFilesMax = 16;
constexpr std::size_t kNeighboursMax = 12;
constexpr int kCounterpartsMax = 4;
constexpr std::size_t kImportsOfFileMax = 24;
constexpr std::size_t kSecondImportsTried = 300, kSecondImportsMax = 20;
constexpr std::size_t kNamedFilesMax = 10;  // files that define a name near, without other reach
constexpr std::size_t kSeenFilesMax = 8;    // that define a name further up
constexpr std::size_t kDefinersMax = 4;             // names defined in more files say little
constexpr int kNamesLookedUp = 32;          // of those near, that no file in reach defines
constexpr int kSeenNamesLookedUp = 60;
constexpr int kAlikeNamesLookedUp = 10;     // names that similar code uses

// ---- likely symbols: what speaks for one, see symbol_features.cpp. Names that stand before the cursor
// ("seen") and names that do not are weighed by weights of their own.
struct Feature {
  enum : int {
    kSeen,
    kNear,
    kNearAndRare,
    kNearAndPlain,
    kUses,
    kRecent,
    kOnlyImported,
    kKind,
    kSeenKind = kKind + 6,
    kDeclaration = kSeenKind + 6,
    kSeenDeclaration,
    kPlainWord,
    kUnderscore,
    kMember,
    kDefiners,
    kReach,
    kSeenReach = kReach + 8,
    kOrder = kSeenReach + 8,
    kFileSize,
    kLikeness,
    kSeenLikeness,
    kHidden,
    kTestFile,
    kOwner,
    kSeenOwner,
    kSignature,
    kSeenSignature,
    kPieceNear,
    kPiecesNear,
    kUsedBy,
    kSeenUsedBy,
    kUsers,
    kUsedAlike,
    kSeenUsedAlike,
    kFileNear,
    kFileSeen,
    kOwnerSeen,
    kNeighbourSeen,
    kFirstPiece,
    kPopular,
    kSeenPopular,
    kSecondPiece,
    kRootUsedAlike,
    kRootUsedBy,
    kTwoUsers,
    kNearKind,
    kVeryNear = kNearKind + 4,
    kMuchUsed,
    kSeenFileSize,
    kPackage,
    kSeenPackage,
    kUnusedImport,
    kOwnerUsed,
    kOwnerRecent,
    kOwnerOnlyImported,
    kOwnerDeclared,
    kOwnerReturned,
    kOwnerBase,
    kSeenOwnerBase,
    kSeenOwnerReturned,
    kStemNear,
    kStemUsed,
    kSeenStemNear,
    kStemPieces,
    kPathPieces,
    kTypeNamedAsFile,
    kSeenNamedAsFile,
    kCount,
  };
};
constexpr int kFeatureCount = Feature::kCount;
using Features = std::array<float, kFeatureCount>;
// Their weights: rank_weights.h.

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
constexpr int kImportsMax = 24;              // files of the workspace
constexpr int kImportsTried = 64;            // imports as written, most of which lie outside it
constexpr int kOutlineLinesMax = 30;         // members of a type
constexpr std::size_t kAlikeChunksMax = 24;  // similar chunks whose names count

// ---- usages, siblings
constexpr int kUsageChunksRead = 16, kUsagesMax = 3, kSiblingsMax = 3;
constexpr int kSiblingFilesMax = 24;  // looked at where the class around the cursor has bases

// ---- fusion: one table. A source's own score lies in 0..1; `weight` makes sources comparable,
// `threshold` is what a chunk must reach to be shown, `share` is what the source may take of the
// bytes before the others have had theirs.
struct SourceWeights {
  double weight, threshold, share;
};
constexpr SourceWeights kSources[] = {
    {1.00, 0.01, 0.90},   // ContextSource::kDefinition
    {0.05, 0.006, 0.20},  // kSimilar
    {0.25, 0.022, 0.20},  // kRecentEdit
    {1.00, 0.01, 0.90},   // kImport
    {0.03, 0.005, 0.10},  // kUsage
    {0.03, 0.005, 0.10},  // kSibling
};
constexpr const SourceWeights& weights_of_symbols() {
  return kSources[0];
}
constexpr std::size_t kLikelyMax = 1000;  // symbols of a place that are put in order
constexpr double kChanceMin = 0.001;      // of a symbol that a digest shows
constexpr std::size_t kDigestSymbolsMax = 24;
constexpr double kBodyChanceMin = 0.08;   // of a function whose body is worth its bytes
constexpr double kWholeBytesAlways = 40;  // so short that a signature saves nothing
constexpr double kWholeShare = 0.15;      // of all bytes, for a symbol that is certainly used
// Scores are rounded to powers of this, so that one letter typed reorders nothing.
constexpr double kScoreStep = 1.25;
constexpr int kDefinitionLinesMax = 40;  // a longer one is shown as a skeleton
constexpr int kSkeletonLinesMax = 24;
// Lines around the cursor that the prompt shows anyway.
constexpr int kPromptLinesBefore = 60, kPromptLinesAfter = 30;

// ---- search
struct SearchWeights {
  double exact = 1.0, exact_other_case = 0.9, prefix = 0.7, humps = 0.45, piece = 0.3;
  double share = 0.1;    // times the part of the name that was typed, on top of the last three
  double spread = 0.25;  // times that part
};
constexpr SearchWeights kSymbolSearch;
constexpr double kDeclarationInSearch = 0.9;  // still before a mere prefix
constexpr double kFusionK = 60;               // reciprocal rank fusion, Cormack et al. 2009
constexpr double kSymbolList = 1.0, kTextList = 0.8;
constexpr int kTextCandidates = 120;

}  // namespace curlew::indexer::rank
