// The bytes of a segment, version 4: docs/formats/index.md describes them.
//
//   header | sections, one after another | checksums of the body, one a block
//
// Numbers are little-endian, which is also how the machines we run on hold them. The body (all
// sections) is checked block by block when a block is first touched: opening a segment reads its
// header and its checksums, nothing else.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace curlew::indexer {

static_assert(std::endian::native == std::endian::little, "segments are read in place");

constexpr char kSegmentMagic[8] = {'C', 'u', 'r', 'l', 's', 'e', 'g', '\n'};
constexpr std::uint32_t kSegmentVersion = 4;
constexpr std::uint64_t kCheckedBlockBytes = 64u << 10;

enum class SectionId : std::uint32_t {
  kLanguages,        // counted names; documents hold their place here
  kDocuments,        // DocumentRecord each
  kDocumentsByHash,  // u32 document each, by hash
  kRows,             // of documents: names, symbols, references, imports, bases, chunks
  kChunkLengths,     // u8 each, see quantised_length
  kWords,            // front-coded, in blocks of 16
  kWordBlocks,       // u32 offset of each block
  kWordPostings,     // which documents hold a word, and how
  kWordPostingBlocks,
  kTrigrams,         // u32 each, ascending; none in a small segment
  kTrigramPostings,  // which groups of 64 words hold a trigram
  kTrigramPostingBlocks,
  kTerms,  // as words
  kTermBlocks,
  kTermPostings,  // which chunks hold a term, and how often
  kTermPostingBlocks,
  kNameRows,  // what the defined names of each 16 words may hold; none in a small segment
};
constexpr std::uint32_t kSections = 17;

struct SectionPlace {
  std::uint64_t offset = 0, bytes = 0;  // offset from the start of the body
};

struct SegmentHeader {
  char magic[8] = {};
  std::uint32_t version = kSegmentVersion;
  std::uint32_t sections = kSections;
  std::uint32_t documents = 0, words = 0, terms = 0, chunks = 0, trigrams = 0, reserved = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t checksums_hash = 0;  // XXH3 of the checksums
  SectionPlace places[kSections];
  std::uint64_t header_hash = 0;  // XXH3 of all before it; the segment's identity
};
static_assert(sizeof(SegmentHeader) == 72 + 16 * kSections, "no padding: it is hashed and stored");

struct DocumentRecord {
  std::uint64_t hash = 0;         // of the text
  std::uint64_t rows_offset = 0;  // in kRows
  std::uint32_t rows_bytes = 0;
  std::uint32_t text_bytes = 0;
  std::uint32_t first_chunk = 0, chunks = 0;
  std::uint32_t symbols = 0, references = 0;
  std::uint8_t language = 0;
  std::uint8_t flags = 0;  // kHasLongWords, ...
  std::uint16_t reserved = 0;
  std::uint32_t reserved_more = 0;
};
static_assert(sizeof(DocumentRecord) == 48, "stored as it is");

// Some words of the text are too long to be indexed: only a look at the text tells what it holds.
constexpr std::uint8_t kHasLongWords = 1;
// What the document has no rows of, and why: the parse took too long; the grammar made nothing of
// it; the queries took too long, or there were too many references.
constexpr std::uint8_t kParseStopped = 2, kNotUnderstood = 4, kRowsMissing = 8;

// How a document uses a word, in the low bits of its posting.
constexpr std::uint32_t kWordRefers = 1, kWordDefines = 2, kWordFlagBits = 2;
// How often a chunk holds a term: 1, 2, 3 or 4, more; in the low bits of its posting.
constexpr std::uint32_t kTermCountBits = 2;

constexpr std::uint32_t kBlockWords = 16;      // of a dictionary, and of posting lists
constexpr std::uint32_t kTrigramWords = 64;    // words that a trigram's posting stands for
constexpr std::uint32_t kTrigramsFrom = 4096;  // words; fewer are looked at one by one
constexpr std::uint32_t kNameRowsFrom = 4096;  // words, alike

template <class T>
T load(std::string_view bytes, std::size_t offset = 0) {
  T value{};
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof value)
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace curlew::indexer
