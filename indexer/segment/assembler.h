// Puts a segment's sections together: what a build from drafts and a merge of segments have in
// common. Documents, words and terms come in the order in which they are to be stored.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"
#include "indexer/segment/dictionary.h"
#include "indexer/segment/format.h"
#include "indexer/segment/name_rows.h"
#include "indexer/segment/postings.h"

namespace curlew::indexer {

// Which groups of 64 words hold three letters, whatever their case.
class TrigramIndex {
 public:
  void add(std::uint32_t word_number, std::string_view word);
  // The sections; none below kTrigramsFrom words.
  std::string keys;
  PostingsWriter postings;
  void finish();
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys.size() / 4); }

 private:
  struct Pair {
    std::uint32_t trigram, group;
  };
  std::vector<Pair> pairs_;
  std::vector<std::uint32_t> last_group_;  // of each trigram, plus 1
  std::uint32_t words_ = 0;
};

// Three bytes as a number below kTrigrams: letters without case, digits and '_' each for itself,
// all others share one.
constexpr std::uint32_t kTrigrams = 1u << 18;
std::uint32_t trigram_at(std::string_view text, std::size_t i);

class SegmentAssembler {
 public:
  std::uint8_t add_language(std::string_view name);
  // `record` without its places; `names` are numbers of words, ascending.
  void add_document(DocumentRecord record, std::span<const std::uint32_t> names,
                    std::string_view rows_after_names, std::string_view chunk_lengths);
  void add_word(std::string_view word, std::string_view postings, bool is_defined);
  void add_term(std::string_view term, std::string_view postings);

  // Hands the segment's bytes to `write`, in order. kInvalidInput when it would exceed the format's
  // 4 GiB a section. Returns the segment's identity.
  using Write = std::function<Status(std::string_view)>;
  Expected<std::uint64_t> finish(const Write& write);

 private:
  std::vector<std::string> languages_;
  std::vector<DocumentRecord> documents_;
  std::string rows_, chunk_lengths_;
  DictionaryWriter words_, terms_;
  PostingsWriter word_postings_, term_postings_;
  TrigramIndex trigrams_;
  NameRowsWriter name_rows_;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace curlew::indexer
