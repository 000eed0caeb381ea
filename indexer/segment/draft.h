// A parsed file as a segment takes it: its words and terms, and its rows packed, with names by
// their place in a table of its own. Made by the parser threads, so that the one that writes only
// has to number what they found.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/segment/string_table.h"
#include "indexer/source/parse.h"

namespace curlew::indexer {

// Longer runs of word bytes are data, not words; a document that has some is flagged.
constexpr std::size_t kWordBytesMax = 64;

struct DocumentDraft {
  std::uint64_t hash = 0;
  const Language* language = nullptr;
  std::uint32_t text_bytes = 0;
  std::uint32_t symbols = 0, references = 0;
  std::uint8_t flags = 0;  // kHasLongWords, ...

  StringList words;                      // of the text, and names that are no words
  std::vector<std::uint8_t> word_flags;  // kWordRefers, kWordDefines
  std::vector<std::uint32_t> names;      // the words that rows name, in the order of a dictionary
  std::string rows;                      // all but the table of names, see document_rows.h
  StringList terms;
  std::vector<std::uint32_t> chunk_terms;  // of each chunk in turn: term << 2 | how often
  std::vector<std::uint32_t> chunk_ends;   // where each chunk's part of chunk_terms ends
  std::string chunk_lengths;               // one byte each: quantised_length of its terms
};

// A length on a logarithmic scale, and back: within 5 % up to 65,000.
std::uint8_t quantised_length(std::uint32_t length);
float length_of(std::uint8_t quantised);

// Makes drafts; one per thread, as it keeps its tables from one document to the next.
class DraftMaker {
 public:
  // `signature_bytes` has one a symbol. `hash` is of the text.
  DocumentDraft make(std::string_view text, std::uint64_t hash, const ParsedFile& parsed,
                     std::span<const std::uint32_t> signature_bytes);

 private:
  struct TermRange {
    std::uint32_t first, end;
  };
  void read_words(std::string_view text, const std::vector<Chunk>& chunks, DocumentDraft& draft);
  void count_terms(std::uint32_t word);
  void close_chunk(DocumentDraft& draft);
  std::uint32_t add_word(std::string_view text);
  void collect_names(const ParsedFile& parsed);
  std::uint32_t name(std::string_view text, std::uint8_t flags);
  void pack_rows(const ParsedFile& parsed, std::span<const std::uint32_t> signature_bytes,
                 DocumentDraft& draft);
  std::string packed_references(const std::vector<Reference>& references);

  StringTable words_, terms_;
  std::vector<std::uint8_t> word_flags_;
  std::vector<TermRange> word_terms_;  // of each word, into term_numbers_
  std::vector<std::uint32_t> term_numbers_;
  std::vector<std::uint32_t> term_counts_;  // of each term, in the present chunk
  std::vector<std::uint32_t> chunk_terms_;  // those with a count
  std::uint32_t chunk_length_ = 0;
  std::vector<std::uint32_t> names_;  // words that rows name
  std::vector<std::uint32_t> place_;  // of each word: its place among names_, else kNoPlace
  std::vector<std::uint32_t> name_of_symbol_, container_of_symbol_, name_of_reference_,
      name_of_import_, name_of_chunk_;  // words
  std::vector<std::uint32_t> name_of_heir_, name_of_base_;
  std::vector<std::uint32_t> distinct_terms_;  // of each chunk
};

}  // namespace curlew::indexer
