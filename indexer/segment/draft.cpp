#include "indexer/segment/draft.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "indexer/packed.h"
#include "indexer/segment/document_rows.h"
#include "indexer/segment/format.h"
#include "indexer/words.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kNoPlace = ~0u;
constexpr std::size_t kLargeTextBytes = 64u << 10;  // in which no symbol at all is worth a word
constexpr std::uint8_t kNamed = 0x80;               // beside the flags of a word: it is in names_
constexpr double kLengthSteps = 15.9;               // quantised steps a doubling

constexpr std::array<bool, 256> kWordBytes = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[c] = is_word_byte(static_cast<unsigned char>(c));
  return table;
}();

std::uint32_t count_class(std::uint32_t count) {
  return count <= 2 ? count - 1 : count <= 4 ? 2 : 3;
}

// What of a text's symbols a limit of ours or of its grammar has cost.
std::uint8_t missing_from(std::string_view text, const ParsedFile& parsed) {
  const bool has_none = parsed.symbols.empty() && parsed.references.empty();
  if (!parsed.notes.empty()) return has_none ? kParseStopped : kRowsMissing;
  return has_none && parsed.error_nodes > 0 && text.size() >= kLargeTextBytes ? kNotUnderstood : 0;
}

}  // namespace

std::uint8_t quantised_length(std::uint32_t length) {
  return static_cast<std::uint8_t>(
      std::min(255.0, std::round(kLengthSteps * std::log2(1.0 + length))));
}

float length_of(std::uint8_t quantised) {
  return static_cast<float>(std::exp2(quantised / kLengthSteps) - 1);
}

DocumentDraft DraftMaker::make(std::string_view text, std::uint64_t hash, const ParsedFile& parsed,
                               std::span<const std::uint32_t> signature_bytes) {
  DocumentDraft draft;
  draft.hash = hash;
  draft.language = parsed.language;
  draft.text_bytes = static_cast<std::uint32_t>(text.size());
  draft.symbols = static_cast<std::uint32_t>(parsed.symbols.size());
  draft.references = static_cast<std::uint32_t>(parsed.references.size());
  draft.flags = missing_from(text, parsed);
  words_.clear();
  terms_.clear();
  word_flags_.clear();
  word_terms_.clear();
  term_numbers_.clear();
  term_counts_.clear();
  distinct_terms_.clear();
  read_words(text, parsed.chunks, draft);
  collect_names(parsed);
  draft.names = dictionary_order(words_.list(), names_);
  place_.assign(words_.size(), kNoPlace);
  for (std::uint32_t i = 0; i < draft.names.size(); ++i) place_[draft.names[i]] = i;
  pack_rows(parsed, signature_bytes, draft);
  draft.words = words_.list();
  draft.terms = terms_.list();
  for (std::uint8_t& flags : word_flags_) flags &= static_cast<std::uint8_t>(~kNamed);
  draft.word_flags = word_flags_;
  return draft;
}

// Every word of the text, digits at its start or not: what a regular expression may look for. Terms
// are counted chunk by chunk on the way.
void DraftMaker::read_words(std::string_view text, const std::vector<Chunk>& chunks,
                            DocumentDraft& draft) {
  std::size_t chunk = 0, i = 0;
  while (i < text.size()) {
    if (!kWordBytes[static_cast<unsigned char>(text[i])]) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && kWordBytes[static_cast<unsigned char>(text[i])]) ++i;
    if (i - start > kWordBytesMax) {
      draft.flags |= kHasLongWords;
      continue;
    }
    while (chunk < chunks.size() && start >= chunks[chunk].range.end_byte) {
      close_chunk(draft);
      ++chunk;
    }
    const std::uint32_t word = add_word(text.substr(start, i - start));
    if (chunk < chunks.size() && start >= chunks[chunk].range.start_byte) count_terms(word);
  }
  for (; chunk < chunks.size(); ++chunk) close_chunk(draft);
}

std::uint32_t DraftMaker::add_word(std::string_view text) {
  const std::uint32_t word = words_.add(text);
  if (word < word_flags_.size()) return word;
  word_flags_.push_back(0);
  const auto first = static_cast<std::uint32_t>(term_numbers_.size());
  const bool is_number = text[0] >= '0' && text[0] <= '9';
  if (!is_number) {
    for_each_term(text, [&](std::string_view term) {
      term_numbers_.push_back(terms_.add(term));
      if (terms_.size() > term_counts_.size()) term_counts_.push_back(0);
    });
  }
  word_terms_.push_back({first, static_cast<std::uint32_t>(term_numbers_.size())});
  return word;
}

void DraftMaker::count_terms(std::uint32_t word) {
  const TermRange range = word_terms_[word];
  for (std::uint32_t i = range.first; i < range.end; ++i) {
    const std::uint32_t term = term_numbers_[i];
    if (term_counts_[term]++ == 0) chunk_terms_.push_back(term);
  }
  chunk_length_ += range.end - range.first;
}

void DraftMaker::close_chunk(DocumentDraft& draft) {
  for (const std::uint32_t term : chunk_terms_) {
    draft.chunk_terms.push_back(term << kTermCountBits | count_class(term_counts_[term]));
    term_counts_[term] = 0;
  }
  draft.chunk_ends.push_back(static_cast<std::uint32_t>(draft.chunk_terms.size()));
  draft.chunk_lengths += static_cast<char>(quantised_length(chunk_length_));
  distinct_terms_.push_back(static_cast<std::uint32_t>(chunk_terms_.size()));
  chunk_terms_.clear();
  chunk_length_ = 0;
}

std::uint32_t DraftMaker::name(std::string_view text, std::uint8_t flags) {
  const std::uint32_t word = words_.add(text);
  if (word >= word_flags_.size()) {  // no word of the text: "operator<<", "linux/fs.h"
    word_flags_.push_back(0);
    word_terms_.push_back({0, 0});
  }
  if ((word_flags_[word] & kNamed) == 0) names_.push_back(word);
  word_flags_[word] |= flags | kNamed;
  return word;
}

void DraftMaker::collect_names(const ParsedFile& parsed) {
  names_.clear();
  name_of_symbol_.clear();
  container_of_symbol_.clear();
  name_of_reference_.clear();
  name_of_import_.clear();
  name_of_chunk_.clear();
  name_of_heir_.clear();
  name_of_base_.clear();
  for (const Symbol& symbol : parsed.symbols) {
    name_of_symbol_.push_back(name(symbol.name, kWordDefines));
    container_of_symbol_.push_back(symbol.container.empty() ? kNoPlace : name(symbol.container, 0));
  }
  for (const Reference& reference : parsed.references)
    name_of_reference_.push_back(name(reference.name, kWordRefers));
  for (const Inheritance& base : parsed.bases) {
    name_of_heir_.push_back(name(base.type, 0));
    name_of_base_.push_back(name(base.base, kWordRefers));
  }
  for (const std::string& import : parsed.imports) name_of_import_.push_back(name(import, 0));
  for (const Chunk& chunk : parsed.chunks)
    name_of_chunk_.push_back(chunk.name.empty() ? kNoPlace : name(chunk.name, 0));
}

void DraftMaker::pack_rows(const ParsedFile& parsed, std::span<const std::uint32_t> signature_bytes,
                           DocumentDraft& draft) {
  const auto place_or_none = [&](std::uint32_t word) {
    return word == kNoPlace ? 0 : 1 + place_[word];
  };
  SymbolPacker symbols;
  for (std::size_t i = 0; i < parsed.symbols.size(); ++i) {
    const Symbol& symbol = parsed.symbols[i];
    symbols.add({.name = place_[name_of_symbol_[i]],
                 .container = place_or_none(container_of_symbol_[i]),
                 .kind = symbol.kind,
                 .is_definition = symbol.is_definition,
                 .start_byte = symbol.range.start_byte,
                 .end_byte = symbol.range.end_byte,
                 .start_line = symbol.range.start_line,
                 .end_line = symbol.range.end_line,
                 .name_byte = symbol.name_range.start_byte,
                 .name_line = symbol.name_range.start_line,
                 .signature_bytes = signature_bytes[i]});
  }
  append_counted(draft.rows, symbols.bytes());
  append_counted(draft.rows, packed_references(parsed.references));
  std::string imports;
  for (const std::uint32_t word : name_of_import_) append_varint(imports, place_[word]);
  append_counted(draft.rows, imports);
  BasePacker bases;
  for (std::size_t i = 0; i < parsed.bases.size(); ++i)
    bases.add({place_[name_of_heir_[i]], place_[name_of_base_[i]], parsed.bases[i].line});
  append_counted(draft.rows, bases.bytes());
  ChunkPacker chunks;
  for (std::size_t i = 0; i < parsed.chunks.size(); ++i) {
    const Range& range = parsed.chunks[i].range;
    chunks.add({.start_byte = range.start_byte,
                .end_byte = range.end_byte,
                .start_line = range.start_line,
                .end_line = line_after(range),
                .name = place_or_none(name_of_chunk_[i]),
                .terms = distinct_terms_[i]});
  }
  draft.rows += chunks.bytes();
}

// By name, then by line: a counting sort, for references come in source order.
std::string DraftMaker::packed_references(const std::vector<Reference>& references) {
  std::vector<std::uint32_t> starts(names_.size() + 1, 0);
  for (const std::uint32_t word : name_of_reference_) ++starts[place_[word] + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<std::uint32_t> uses(references.size()), next(starts.begin(), starts.end());
  for (std::size_t i = 0; i < references.size(); ++i) {
    uses[next[place_[name_of_reference_[i]]]++] = references[i].range.start_line << kRoleBits |
                                                  static_cast<std::uint32_t>(references[i].role);
  }
  ReferencePacker packer;
  for (std::uint32_t name = 0; name < names_.size(); ++name) {
    const auto begin = uses.begin() + starts[name], end = uses.begin() + starts[name + 1];
    if (begin == end) continue;
    if (!std::is_sorted(begin, end)) std::sort(begin, end);
    packer.add(name, {begin, std::unique(begin, end)});
  }
  return packer.bytes();
}

}  // namespace curlew::indexer
