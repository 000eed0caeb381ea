#include "indexer/segment/assembler.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "indexer/segment/document_rows.h"
#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

constexpr std::uint32_t kLetterBits = 6;

constexpr std::array<std::uint8_t, 256> kLetters = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 26; ++c) table['a' + c] = table['A' + c] = static_cast<std::uint8_t>(1 + c);
  for (int c = 0; c < 10; ++c) table['0' + c] = static_cast<std::uint8_t>(27 + c);
  table['_'] = 37;
  return table;
}();

std::string_view as_bytes(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])};
}

// Cuts what it is given into blocks and keeps each one's checksum.
class BlockHasher {
 public:
  BlockHasher() { XXH3_64bits_reset(&state_); }
  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t room = kCheckedBlockBytes - filled_;
      const std::string_view part = bytes.substr(0, room);
      XXH3_64bits_update(&state_, part.data(), part.size());
      bytes.remove_prefix(part.size());
      filled_ += part.size();
      if (filled_ == kCheckedBlockBytes) close();
    }
  }
  const std::vector<std::uint64_t>& finish() {
    if (filled_ > 0) close();
    return checksums_;
  }

 private:
  void close() {
    checksums_.push_back(XXH3_64bits_digest(&state_));
    XXH3_64bits_reset(&state_);
    filled_ = 0;
  }
  XXH3_state_t state_;
  std::size_t filled_ = 0;
  std::vector<std::uint64_t> checksums_;
};

std::vector<std::uint32_t> by_hash(const std::vector<DocumentRecord>& documents) {
  std::vector<std::uint32_t> order(documents.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return documents[a].hash < documents[b].hash;
  });
  return order;
}

}  // namespace

std::uint32_t trigram_at(std::string_view text, std::size_t i) {
  std::uint32_t trigram = 0;
  for (std::size_t k = i; k < i + 3; ++k)
    trigram = trigram << kLetterBits | kLetters[static_cast<unsigned char>(text[k])];
  return trigram;
}

void TrigramIndex::add(std::uint32_t word_number, std::string_view word) {
  if (last_group_.empty()) last_group_.resize(kTrigrams, 0);
  words_ = word_number + 1;
  const std::uint32_t group = word_number / kTrigramWords;
  for (std::size_t i = 0; i + 3 <= word.size(); ++i) {
    const std::uint32_t trigram = trigram_at(word, i);
    if (last_group_[trigram] == group + 1) continue;
    last_group_[trigram] = group + 1;
    pairs_.push_back({trigram, group});
  }
}

// A counting sort by trigram keeps the groups of each in order.
void TrigramIndex::finish() {
  if (words_ < kTrigramsFrom) return;
  std::vector<std::uint32_t> starts(kTrigrams + 1, 0), groups(pairs_.size());
  for (const Pair& pair : pairs_) ++starts[pair.trigram + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
  for (const Pair& pair : pairs_) groups[next[pair.trigram]++] = pair.group;
  std::string list;
  for (std::uint32_t trigram = 0; trigram < kTrigrams; ++trigram) {
    if (starts[trigram] == starts[trigram + 1]) continue;
    list.clear();
    PostingPacker packer(list, 0);
    for (std::uint32_t i = starts[trigram]; i < starts[trigram + 1]; ++i) packer.add(groups[i], 0);
    postings.add(list, false);
    keys.append(reinterpret_cast<const char*>(&trigram), sizeof trigram);
  }
  pairs_ = {};
}

std::uint8_t SegmentAssembler::add_language(std::string_view name) {
  const auto found = std::find(languages_.begin(), languages_.end(), name);
  if (found == languages_.end()) {
    languages_.emplace_back(name);
    return static_cast<std::uint8_t>(languages_.size() - 1);
  }
  return static_cast<std::uint8_t>(found - languages_.begin());
}

void SegmentAssembler::add_document(DocumentRecord record, std::span<const std::uint32_t> names,
                                    std::string_view rows_after_names,
                                    std::string_view chunk_lengths) {
  record.rows_offset = rows_.size();
  append_counted(rows_, packed_names(names));
  rows_ += rows_after_names;
  record.rows_bytes = static_cast<std::uint32_t>(rows_.size() - record.rows_offset);
  record.first_chunk = static_cast<std::uint32_t>(chunk_lengths_.size());
  record.chunks = static_cast<std::uint32_t>(chunk_lengths.size());
  chunk_lengths_ += chunk_lengths;
  text_bytes_ += record.text_bytes;
  documents_.push_back(record);
}

void SegmentAssembler::add_word(std::string_view word, std::string_view postings, bool is_defined) {
  trigrams_.add(words_.size(), word);
  if (is_defined) name_rows_.add(words_.size(), word);
  words_.add(word);
  word_postings_.add(postings, is_defined);
}

void SegmentAssembler::add_term(std::string_view term, std::string_view postings) {
  terms_.add(term);
  term_postings_.add(postings, false);
}

Expected<std::uint64_t> SegmentAssembler::finish(const Write& write) {
  trigrams_.finish();
  const std::string name_rows = name_rows_.finish(words_.size());
  std::string languages;
  for (const std::string& name : languages_) append_counted(languages, name);
  const std::vector<std::uint32_t> hashed = by_hash(documents_);
  const std::string_view sections[kSections] = {languages,
                                                as_bytes(documents_),
                                                as_bytes(hashed),
                                                rows_,
                                                chunk_lengths_,
                                                words_.words,
                                                words_.blocks,
                                                word_postings_.lists,
                                                word_postings_.blocks,
                                                trigrams_.keys,
                                                trigrams_.postings.lists,
                                                trigrams_.postings.blocks,
                                                terms_.words,
                                                terms_.blocks,
                                                term_postings_.lists,
                                                term_postings_.blocks,
                                                name_rows};

  SegmentHeader header;
  std::memcpy(header.magic, kSegmentMagic, sizeof header.magic);
  header.documents = static_cast<std::uint32_t>(documents_.size());
  header.words = words_.size();
  header.terms = terms_.size();
  header.chunks = static_cast<std::uint32_t>(chunk_lengths_.size());
  header.trigrams = trigrams_.size();
  header.text_bytes = text_bytes_;
  BlockHasher hasher;
  for (std::uint32_t i = 0; i < kSections; ++i) {
    if (sections[i].size() > UINT32_MAX)
      return fail(Errc::kInvalidInput, "a segment's section {} has {} bytes", i,
                  sections[i].size());
    header.places[i] = {header.body_bytes, sections[i].size()};
    header.body_bytes += sections[i].size();
    hasher.add(sections[i]);
  }
  const std::string_view checksums = as_bytes(hasher.finish());
  header.checksums_hash = XXH3_64bits(checksums.data(), checksums.size());
  header.header_hash = XXH3_64bits(&header, offsetof(SegmentHeader, header_hash));

  Status written = write({reinterpret_cast<const char*>(&header), sizeof header});
  for (std::uint32_t i = 0; written && i < kSections; ++i) written = write(sections[i]);
  if (written) written = write(checksums);
  if (!written) return std::move(written.error()).pass();
  return header.header_hash;
}

}  // namespace curlew::indexer
