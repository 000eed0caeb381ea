#include "indexer/segment/merge.h"

#include <algorithm>

#include "indexer/segment/string_table.h"

namespace curlew::indexer {
namespace {

// Goes through the strings and lists of one segment's dictionary side by side.
class Stream {
 public:
  Stream(const Dictionary& strings, const Postings& postings)
      : strings_(strings), lists_(postings, 0) {
    fill();
  }
  bool done() const { return at_ == batch_.size(); }
  const std::string& text() const { return batch_[at_]; }
  const PostingList& list() const { return list_; }
  std::uint32_t number() const { return first_ + static_cast<std::uint32_t>(at_); }
  void advance() {
    if (++at_ == batch_.size()) {
      fill();
    } else {
      list_ = lists_.next();
    }
  }

 private:
  static constexpr std::uint32_t kBatch = 16 * kBlockWords;
  void fill() {
    first_ += static_cast<std::uint32_t>(batch_.size());
    batch_.clear();
    at_ = 0;
    strings_.scan(first_, first_ + kBatch, [&](std::uint32_t, std::string_view text) {
      batch_.emplace_back(text);
      return true;
    });
    if (!batch_.empty()) list_ = lists_.next();
  }

  const Dictionary& strings_;
  Postings::Walk lists_;
  PostingList list_;
  std::vector<std::string> batch_;
  std::size_t at_ = 0;
  std::uint32_t first_ = 0;
};

// Takes the strings of all streams in order: `take(streams)` gets those that stand at the same one.
template <class Take>
void merge_streams(std::vector<Stream>& streams, Take take) {
  const auto later = [&](std::size_t a, std::size_t b) {
    if (streams[a].text() != streams[b].text())
      return dictionary_less(streams[b].text(), streams[a].text());
    return a > b;
  };
  std::vector<std::size_t> heap;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (!streams[i].done()) heap.push_back(i);
  }
  std::make_heap(heap.begin(), heap.end(), later);
  std::vector<std::size_t> same;
  while (!heap.empty()) {
    same.clear();
    do {
      std::pop_heap(heap.begin(), heap.end(), later);
      same.push_back(heap.back());
      heap.pop_back();
    } while (!heap.empty() && streams[heap.front()].text() == streams[same.front()].text());
    take(same);
    for (const std::size_t i : same) {
      streams[i].advance();
      if (streams[i].done()) continue;
      heap.push_back(i);
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
}

using Numbers = std::vector<std::vector<std::uint32_t>>;  // old -> new, an input each

// Joins the lists of the streams, renumbered. Returns all flags.
std::uint32_t join_lists(const std::vector<Stream>& streams, const std::vector<std::size_t>& same,
                         const Numbers& numbers, std::uint32_t flag_bits, std::string& out) {
  out.clear();
  PostingPacker packer(out, flag_bits);
  std::uint32_t flags = 0;
  for (const std::size_t i : same) {
    for (PostingCursor use(streams[i].list().bytes, flag_bits); use.next();) {
      if (use.number() >= numbers[i].size() || numbers[i][use.number()] == kDropped) continue;
      packer.add(numbers[i][use.number()], use.flags());
      flags |= use.flags();
    }
  }
  return flags;
}

// The new numbers of words.
Numbers merge_words(const std::vector<MergeInput>& inputs, const Numbers& documents,
                    SegmentAssembler& out) {
  std::vector<Stream> streams;
  Numbers words;
  for (const MergeInput& input : inputs) {
    streams.emplace_back(input.segment->words(), input.segment->word_postings());
    words.emplace_back(input.segment->words().size(), kDropped);
  }
  std::uint32_t next = 0;
  std::string list;
  merge_streams(streams, [&](const std::vector<std::size_t>& same) {
    const std::uint32_t flags = join_lists(streams, same, documents, kWordFlagBits, list);
    if (list.empty()) return;  // only dropped documents had it
    for (const std::size_t i : same) words[i][streams[i].number()] = next;
    ++next;
    out.add_word(streams[same.front()].text(), list, (flags & kWordDefines) != 0);
  });
  return words;
}

void merge_terms(const std::vector<MergeInput>& inputs, const Numbers& chunks,
                 SegmentAssembler& out) {
  std::vector<Stream> streams;
  for (const MergeInput& input : inputs)
    streams.emplace_back(input.segment->terms(), input.segment->term_postings());
  std::string list;
  merge_streams(streams, [&](const std::vector<std::size_t>& same) {
    (void)join_lists(streams, same, chunks, kTermCountBits, list);
    if (!list.empty()) out.add_term(streams[same.front()].text(), list);
  });
}

Status merge_documents(const MergeInput& input, const std::vector<std::uint32_t>& words,
                       SegmentAssembler& out) {
  const Segment& segment = *input.segment;
  const std::string_view lengths = segment.chunk_lengths();
  for (std::uint32_t i = 0; i < segment.documents(); ++i) {
    if (input.numbers[i] == kDropped) continue;
    std::optional<DocumentRecord> record = segment.document(i);
    if (!record) return fail(Errc::kCorrupt, "document {} cannot be read", i);
    const DocumentRows rows = segment.rows(*record);
    std::vector<std::uint32_t> names = rows.names();
    for (std::uint32_t& name : names) {
      if (name >= words.size() || words[name] == kDropped)
        return fail(Errc::kCorrupt, "document {} names a word that there is not", i);
      name = words[name];
    }
    if (record->first_chunk > lengths.size() ||
        record->chunks > lengths.size() - record->first_chunk)
      return fail(Errc::kCorrupt, "document {} has chunks that there are not", i);
    record->language = out.add_language(segment.language(*record));
    out.add_document(*record, names, rows.after_names(),
                     lengths.substr(record->first_chunk, record->chunks));
  }
  return {};
}

// The new numbers of chunks: they go with their documents.
Numbers number_chunks(const std::vector<MergeInput>& inputs) {
  Numbers numbers;
  std::uint32_t next = 0;
  for (const MergeInput& input : inputs) {
    std::vector<std::uint32_t>& own =
        numbers.emplace_back(input.segment->header().chunks, kDropped);
    for (std::uint32_t i = 0; i < input.segment->documents(); ++i) {
      const std::optional<DocumentRecord> record = input.segment->document(i);
      if (!record || input.numbers[i] == kDropped) continue;
      for (std::uint32_t k = 0; k < record->chunks; ++k, ++next) {
        if (record->first_chunk + k < own.size()) own[record->first_chunk + k] = next;
      }
    }
  }
  return numbers;
}

}  // namespace

std::uint32_t number_documents(std::vector<MergeInput>& inputs) {
  std::uint32_t next = 0;
  for (MergeInput& input : inputs) {
    for (std::uint32_t& number : input.numbers) {
      if (number != kDropped) number = next++;
    }
  }
  return next;
}

Expected<std::uint64_t> merge_segments(const std::vector<MergeInput>& inputs,
                                       const SegmentAssembler::Write& write) {
  SegmentAssembler out;
  Numbers documents;
  for (const MergeInput& input : inputs) documents.push_back(input.numbers);
  const Numbers words = merge_words(inputs, documents, out);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (Status merged = merge_documents(inputs[i], words[i], out); !merged)
      return std::move(merged.error()).during("joining segments");
  }
  merge_terms(inputs, number_chunks(inputs), out);
  for (const MergeInput& input : inputs) {
    if (input.segment->damaged()) return fail(Errc::kCorrupt, "joining segments: one is damaged");
  }
  return out.finish(write);
}

}  // namespace curlew::indexer
