#include "indexer/segment/builder.h"

#include <algorithm>
#include <numeric>

namespace curlew::indexer {

std::uint32_t SegmentBuilder::add(const DocumentDraft& draft) {
  const auto document = static_cast<std::uint32_t>(documents_.size());
  const auto first_chunk = static_cast<std::uint32_t>(chunk_lengths_.size());
  numbers_.clear();
  for (std::uint32_t i = 0; i < draft.words.size(); ++i) {
    numbers_.push_back(words_.add(draft.words[i], draft.words.hashes[i]));
    word_uses_.push_back({numbers_.back(), document << kWordFlagBits | draft.word_flags[i]});
  }
  for (const std::uint32_t name : draft.names) names_.push_back(numbers_[name]);
  numbers_.clear();
  for (std::uint32_t i = 0; i < draft.terms.size(); ++i)
    numbers_.push_back(terms_.add(draft.terms[i], draft.terms.hashes[i]));
  constexpr std::uint32_t kCountMask = (1u << kTermCountBits) - 1;
  std::uint32_t at = 0;
  for (std::uint32_t chunk = 0; chunk < draft.chunk_ends.size(); ++chunk) {
    for (; at < draft.chunk_ends[chunk]; ++at) {
      const std::uint32_t use = draft.chunk_terms[at];
      term_uses_.push_back({numbers_[use >> kTermCountBits],
                            (first_chunk + chunk) << kTermCountBits | (use & kCountMask)});
    }
  }
  rows_ += draft.rows;
  chunk_lengths_ += draft.chunk_lengths;
  text_bytes_ += draft.text_bytes;
  documents_.push_back({.record = {.hash = draft.hash,
                                   .text_bytes = draft.text_bytes,
                                   .symbols = draft.symbols,
                                   .references = draft.references,
                                   .flags = draft.flags},
                        .language = draft.language,
                        .names_end = static_cast<std::uint32_t>(names_.size()),
                        .rows_end = static_cast<std::uint32_t>(rows_.size()),
                        .chunks_end = static_cast<std::uint32_t>(chunk_lengths_.size())});
  return document;
}

void SegmentBuilder::add_documents(SegmentAssembler& segment,
                                   const std::vector<std::uint32_t>& rank) {
  std::uint32_t names = 0, rows = 0, chunks = 0;
  for (Document& document : documents_) {
    const std::span<std::uint32_t> own(names_.data() + names, document.names_end - names);
    for (std::uint32_t& name : own) name = rank[name];
    document.record.language = segment.add_language(document.language->name);
    segment.add_document(
        document.record, own, std::string_view(rows_).substr(rows, document.rows_end - rows),
        std::string_view(chunk_lengths_).substr(chunks, document.chunks_end - chunks));
    names = document.names_end;
    rows = document.rows_end;
    chunks = document.chunks_end;
  }
}

// Uses came document by document, so a counting sort by string gives each string's in order.
template <class Emit>
void SegmentBuilder::add_postings(const StringList& strings,
                                  const std::vector<std::uint32_t>& order, std::vector<Use>& uses,
                                  std::uint32_t flag_bits, Emit emit) {
  std::vector<std::uint32_t> starts(strings.size() + 1, 0), sorted(uses.size());
  for (const Use& use : uses) ++starts[use.string + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  {
    std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
    for (const Use& use : uses) sorted[next[use.string]++] = use.number;
  }
  uses = {};
  std::string list;
  for (const std::uint32_t string : order) {
    list.clear();
    PostingPacker packer(list, flag_bits);
    std::uint32_t all_flags = 0;
    for (std::uint32_t i = starts[string]; i < starts[string + 1]; ++i) {
      const std::uint32_t flags = sorted[i] & ((1u << flag_bits) - 1);
      packer.add(sorted[i] >> flag_bits, flags);
      all_flags |= flags;
    }
    emit(strings[string], list, all_flags);
  }
}

Expected<std::uint64_t> SegmentBuilder::finish(const SegmentAssembler::Write& write) {
  SegmentAssembler segment;
  const auto all_of = [](const StringTable& table) {
    std::vector<std::uint32_t> numbers(table.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    return dictionary_order(table.list(), std::move(numbers));
  };
  {
    const std::vector<std::uint32_t> order = all_of(words_);
    std::vector<std::uint32_t> rank(order.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    add_documents(segment, rank);
    add_postings(words_.list(), order, word_uses_, kWordFlagBits,
                 [&](std::string_view word, std::string_view list, std::uint32_t flags) {
                   segment.add_word(word, list, (flags & kWordDefines) != 0);
                 });
  }
  add_postings(terms_.list(), all_of(terms_), term_uses_, kTermCountBits,
               [&](std::string_view term, std::string_view list, std::uint32_t) {
                 segment.add_term(term, list);
               });
  *this = SegmentBuilder();
  return segment.finish(write);
}

}  // namespace curlew::indexer
