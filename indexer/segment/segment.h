// One immutable piece of the index: parsed documents with their words, rows and postings.
//
// A document is a text of a language, known by the text's hash; which files have it is not the
// segment's business. Thread-safe. Everything is checked when it is touched: what is damaged reads
// as nothing, and damaged() says so from then on; no bytes whatsoever crash a reader.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "indexer/error.h"
#include "indexer/segment/dictionary.h"
#include "indexer/segment/document_rows.h"
#include "indexer/segment/mapped_file.h"
#include "indexer/segment/name_rows.h"
#include "indexer/segment/postings.h"

namespace curlew::indexer {

class Segment {
 public:
  using Ptr = std::shared_ptr<const Segment>;
  // kNotFound, kIo; kCorrupt when the header, the checksums or the size are not as they should be.
  static Expected<Ptr> map(const std::filesystem::path& path);
  static Expected<Ptr> from_bytes(std::string bytes);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  const SegmentHeader& header() const { return header_; }
  std::uint64_t identity() const { return header_.header_hash; }
  std::uint64_t bytes() const { return all_.size(); }
  std::string_view content() const { return all_; }
  bool damaged() const { return body_->damaged() || (file_ && file_->lost()); }
  // Checks all that has not been read yet, so that damaged() speaks of the whole. The memory of what
  // was mapped for it goes back at once.
  void check(const std::stop_token& stop) const;

  std::uint32_t documents() const { return header_.documents; }
  std::optional<DocumentRecord> document(std::uint32_t number) const;
  std::optional<std::uint32_t> document_of_chunk(std::uint32_t chunk) const;
  // Documents with this text, by number.
  std::vector<std::uint32_t> documents_with(std::uint64_t hash) const;
  std::string_view language(const DocumentRecord& document) const;
  DocumentRows rows(const DocumentRecord& document) const;
  std::uint8_t chunk_length(std::uint32_t chunk) const;
  std::string_view chunk_lengths() const {
    return section(SectionId::kChunkLengths).read(0, header_.chunks);
  }

  const Dictionary& words() const { return words_; }
  const Postings& word_postings() const { return word_postings_; }
  const Dictionary& terms() const { return terms_; }
  const Postings& term_postings() const { return term_postings_; }
  const NameRows& name_rows() const { return name_rows_; }
  bool has_trigrams() const { return header_.trigrams > 0; }
  // Which groups of 64 words hold the trigram.
  PostingList groups_with(std::uint32_t trigram) const;
  // Calls take(number) for the words that hold `text`, whatever its case; it has no bytes but those
  // of words. Short texts and small segments cost a look at every word.
  void words_holding(std::string_view text,
                     const std::function<bool(std::uint32_t, std::string_view)>& take) const;

 private:
  Segment() = default;
  static Expected<Ptr> open(std::shared_ptr<Segment> segment, std::string_view name);
  Section section(SectionId id) const {
    return Section(*body_, header_.places[static_cast<std::uint32_t>(id)]);
  }
  std::optional<std::vector<std::uint32_t>> groups_holding(std::string_view text) const;

  std::string held_;
  std::unique_ptr<MappedFile> file_;  // or this
  std::string_view all_;              // of one of them
  SegmentHeader header_;
  std::unique_ptr<CheckedBytes> body_;
  Dictionary words_, terms_;
  Postings word_postings_, term_postings_, trigram_postings_;
  NameRows name_rows_;
};

}  // namespace curlew::indexer
