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
constexpr std::size_t kReachedMax = 64;
constexpr int kFolderFilesRead = 400;  // names of the folder's files that are compared
constexpr std::size_t kFolderFilesMax = 20;
constexpr int kCounterpartsMax = 4;
constexpr int kSecondImportsTried = 48, kSecondImportsMax = 16;
constexpr std::size_t kNamedFilesMax = 10;  // files that define a name near, without other reach
constexpr int kDefinersMax = 4;             // names defined in more files say little
constexpr int kNamesLookedUp = 32;          // of those near, that no file in reach defines
constexpr int kAlikeNamesLookedUp = 10;     // names that similar code uses

// ---- likely symbols: what speaks for one, see likely.cpp. Names that stand before the cursor
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
    kSeenReach = kReach + 6,
    kOrder = kSeenReach + 6,
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
    kCount,
  };
};
constexpr int kFeatureCount = Feature::kCount;
using Features = std::array<float, kFeatureCount>;
// fit_rank.py on the tuning half of the cases. No case has recently edited files: "open" stands midway
// between "import" and "folder".
constexpr double kWeights[] = {
    // clang-format off
    -1.04,  // seen
    0.92,  // near
    1.14,  // near_and_rare
    -1.26,  // near_and_plain
    -0.15,  // uses
    1.16,  // recent
    0.80,  // only_imported
    -0.81,  // kind_function
    -0.76,  // kind_method
    -1.20,  // kind_type
    -0.82,  // kind_constant
    -3.65,  // kind_variable
    -0.78,  // kind_constructor
    1.14,  // seen_function
    -0.31,  // seen_method
    1.10,  // seen_type
    0.26,  // seen_constant
    -2.50,  // seen_variable
    -0.75,  // seen_constructor
    0.06,  // declaration
    -0.28,  // seen_declaration
    -0.47,  // plain_word
    -0.37,  // underscore
    -1.18,  // member
    -4.92,  // definers
    -0.37,  // import
    -0.67,  // counterpart
    -2.12,  // folder
    -2.36,  // second
    -1.25,  // open
    -2.50,  // named
    0.63,  // seen_import
    0.34,  // seen_counterpart
    -0.68,  // seen_folder
    -0.62,  // seen_second
    -0.03,  // seen_open
    -0.72,  // seen_named
    -0.70,  // order
    -2.81,  // file_size
    -0.54,  // likeness
    -0.38,  // seen_likeness
    -0.41,  // hidden
    -1.41,  // test_file
    1.81,  // owner
    1.10,  // seen_owner
    0.18,  // signature
    0.41,  // seen_signature
    -0.05,  // piece_near
    2.55,  // pieces_near
    -0.08,  // used_by
    -0.78,  // seen_used_by
    -0.77,  // users
    0.25,  // used_alike
    1.21,  // seen_used_alike
    0.19,  // file_near
    -0.31,  // file_seen
    0.31,  // owner_seen
    1.35,  // neighbour_seen
    0.23,  // first_piece
    1.10,  // popular
    -2.77,  // seen_popular
    1.09,  // second_piece
    3.65,  // root_used_alike
    1.45,  // root_used_by
    0.48,  // two_users
    0.38,  // near_function
    1.18,  // near_method
    0.30,  // near_type
    0.59,  // near_constant
    -0.47,  // very_near
    0.44,  // much_used
    0.00,  // seen_file_size
    // clang-format on
};
static_assert(std::size(kWeights) == kFeatureCount);

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
    {0.20, 0.024, 0.20},  // kSimilar
    {0.25, 0.022, 0.20},  // kRecentEdit
    {1.00, 0.01, 0.90},   // kImport
    {0.12, 0.02, 0.10},   // kUsage
    {0.12, 0.02, 0.10},   // kSibling
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
