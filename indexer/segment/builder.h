// Drafts of parsed files -> one segment. Not thread-safe.
#pragma once

#include <vector>

#include "indexer/segment/assembler.h"
#include "indexer/segment/draft.h"

namespace curlew::indexer {

class SegmentBuilder {
 public:
  // The document's number in the segment to be.
  std::uint32_t add(const DocumentDraft& draft);

  bool empty() const { return documents_.empty(); }
  std::uint32_t documents() const { return static_cast<std::uint32_t>(documents_.size()); }
  std::uint64_t text_bytes() const { return text_bytes_; }

  // Writes the segment and leaves the builder empty, also when that fails.
  Expected<std::uint64_t> finish(const SegmentAssembler::Write& write);

 private:
  struct Document {
    DocumentRecord record;  // without its places
    const Language* language;
    std::uint32_t names_end, rows_end, chunks_end;  // in names_, rows_, chunk_lengths_
  };
  struct Use {
    std::uint32_t string, number;  // of a word or term; a posting's number and flags
  };
  void add_documents(SegmentAssembler& segment, const std::vector<std::uint32_t>& rank);
  template <class Emit>
  static void add_postings(const StringList& strings, const std::vector<std::uint32_t>& order,
                           std::vector<Use>& uses, std::uint32_t flag_bits, Emit emit);

  StringTable words_, terms_;
  std::vector<Use> word_uses_, term_uses_;
  std::vector<Document> documents_;
  std::vector<std::uint32_t> names_;  // numbers in words_
  std::string rows_, chunk_lengths_;
  std::vector<std::uint32_t> numbers_;  // of the present draft's words or terms
  std::uint64_t text_bytes_ = 0;
};

}  // namespace curlew::indexer
