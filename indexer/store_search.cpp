// Searching segments: names by their beginning, chunks by their terms, files by pieces of words.
#include <algorithm>
#include <cmath>

#include "indexer/store.h"

namespace curlew::indexer {
namespace {

// BM25 (Robertson & Zaragoza 2009, 3.4). A term's count is kept in four classes: what they count for.
constexpr float kSaturation = 1.2f, kLengthPart = 0.5f;
constexpr float kCounts[] = {1, 2, 3.5f, 7};
constexpr float kUsualLength = 90;  // terms of a chunk, each as often as it comes
// Beyond this many chunks a term only ranks what rarer terms have found (the "continue" strategy
// of Moffat & Zobel 1996), once that is enough.
constexpr std::uint32_t kLongListBytes = 48u << 10;
constexpr int kCandidatesEnough = 4;  // times the limit

float norm_of(float length) {
  return kSaturation * (1 - kLengthPart + kLengthPart * length / kUsualLength);
}

struct TermList {
  PostingList list;
  float weight = 0;
};

// How many chunks hold a term. A long list's are guessed: rarity is a matter of powers of two.
double count_of(const PostingList& list) {
  if (list.bytes.size() >= kLongListBytes) return 0.8 * static_cast<double>(list.bytes.size());
  int count = 0;
  for (PostingCursor cursor(list.bytes, kTermCountBits); cursor.next();) ++count;
  return count;
}

// Scores of one segment's chunks, one float each: adding up is a store, not a look-up.
class ChunkScores {
 public:
  explicit ChunkScores(const Segment& segment)
      : scores_(segment.header().chunks, 0), lengths_(segment.chunk_lengths()) {
    for (int i = 0; i < 256; ++i) norms_[i] = norm_of(length_of(static_cast<std::uint8_t>(i)));
  }
  // `found_only`: chunks that hold none of the terms before are left out.
  void add(const TermList& term, bool found_only) {
    for (PostingCursor chunk(term.list.bytes, kTermCountBits); chunk.next();) {
      const std::uint32_t number = chunk.number();
      if (number >= scores_.size() || number >= lengths_.size()) return;
      float& score = scores_[number];
      if (score == 0) {
        if (found_only) continue;
        ++found_;
      }
      const float count = kCounts[chunk.flags()];
      const float norm = norms_[static_cast<unsigned char>(lengths_[number])];
      score += term.weight * (kSaturation + 1) * count / (count + norm);
    }
  }
  std::uint32_t found() const { return found_; }
  const std::vector<float>& all() const { return scores_; }

 private:
  std::vector<float> scores_;
  std::string_view lengths_;
  float norms_[256];
  std::uint32_t found_ = 0;
};

// The best few of very many: a heap whose worst is on top.
class Best {
 public:
  explicit Best(std::size_t limit) : limit_(limit) {}
  float worst() const { return heap_.size() < limit_ ? 0 : heap_.front().score; }
  void add(ScoredChunk chunk) {
    if (heap_.size() == limit_) {
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.pop_back();
    }
    heap_.push_back(chunk);
    std::push_heap(heap_.begin(), heap_.end(), better);
  }
  std::vector<ScoredChunk> sorted() && {
    std::sort(heap_.begin(), heap_.end(), better);
    return std::move(heap_);
  }

 private:
  static bool better(const ScoredChunk& a, const ScoredChunk& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  }
  std::size_t limit_;
  std::vector<ScoredChunk> heap_;
};

bool is_live(const SegmentState& state, std::uint32_t chunk) {
  if (state.paths.live_documents() == state.segment->documents()) return true;
  const std::optional<std::uint32_t> document = state.segment->document_of_chunk(chunk);
  return document && state.paths.is_live(*document);
}

void keep_best(const SegmentState& state, const ChunkScores& scores, Best& best) {
  for (std::uint32_t chunk = 0; chunk < scores.all().size(); ++chunk) {
    const float score = scores.all()[chunk];
    if (score <= best.worst() || !is_live(state, chunk)) continue;
    best.add({state.id << 32 | chunk, score});
  }
}

// Rare terms first: they say which chunks are worth looking for in the lists of common ones.
void rank_segment(const SegmentState& state, const std::vector<PostingList>& lists,
                  const std::vector<float>& weights, int limit, Best& best) {
  std::vector<TermList> terms;
  for (std::size_t t = 0; t < lists.size(); ++t) {
    if (!lists[t].bytes.empty()) terms.push_back({lists[t], weights[t]});
  }
  if (terms.empty()) return;
  std::stable_sort(terms.begin(), terms.end(),
                   [](const TermList& a, const TermList& b) { return a.weight > b.weight; });
  ChunkScores scores(*state.segment);
  for (const TermList& term : terms) {
    const bool is_long = term.list.bytes.size() >= kLongListBytes;
    const bool enough = scores.found() >= static_cast<std::uint32_t>(kCandidatesEnough * limit);
    scores.add(term, is_long && enough);
  }
  keep_best(state, scores, best);
}

}  // namespace

float bm25(float weight, float count, float length) {
  return weight * (kSaturation + 1) * count / (count + norm_of(length));
}

Expected<std::vector<std::int64_t>> StoreReader::chunks_with(std::string_view term, int limit) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<std::int64_t> ids;
  const auto most = static_cast<std::size_t>(std::max(limit, 0));
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const std::optional<std::uint32_t> number = state.segment->terms().find(term);
    if (!number) continue;
    const PostingList list = state.segment->term_postings().at(*number);
    for (PostingCursor chunk(list.bytes, kTermCountBits); ids.size() < most && chunk.next();) {
      if (is_live(state, chunk.number())) ids.push_back(state.id << 32 | chunk.number());
    }
  }
  return ids;
}

Expected<RankedChunks> StoreReader::chunks_ranked(const std::vector<std::string>& terms,
                                                  int limit) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<std::vector<PostingList>> lists;  // of each segment, one a term
  std::vector<double> counts(terms.size(), 0);
  double chunks = 0;
  for (const SegmentState& state : state_->segments) {
    std::vector<PostingList>& own = lists.emplace_back(terms.size());
    if (!state.is_sound()) continue;
    chunks += state.segment->header().chunks;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      const std::optional<std::uint32_t> number = state.segment->terms().find(terms[t]);
      if (number) own[t] = state.segment->term_postings().at(*number);
      counts[t] += count_of(own[t]);
    }
  }
  RankedChunks ranked;
  for (const double count : counts)
    ranked.weights.push_back(
        static_cast<float>(std::log(1 + (std::max(chunks - count, 0.0) + 0.5) / (count + 0.5))));
  Best best(static_cast<std::size_t>(std::max(limit, 1)));
  for (std::size_t s = 0; s < lists.size(); ++s)
    rank_segment(state_->segments[s], lists[s], ranked.weights, limit, best);
  ranked.best = std::move(best).sorted();
  return ranked;
}

Expected<std::vector<std::string>> StoreReader::files_holding(
    const std::vector<std::string>& pieces) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  std::vector<std::string> paths;
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const Segment& segment = *state.segment;
    // How many of the pieces, in turn, each document holds.
    std::vector<std::uint16_t> held(segment.documents(), 0);
    for (std::uint16_t piece = 0; piece < pieces.size(); ++piece) {
      segment.words_holding(pieces[piece], [&](std::uint32_t word, std::string_view) {
        const PostingList list = segment.word_postings().at(word);
        for (PostingCursor use(list.bytes, kWordFlagBits); use.next();) {
          if (use.number() < held.size() && held[use.number()] == piece) ++held[use.number()];
        }
        return true;
      });
    }
    for (std::uint32_t i = 0; i < segment.documents(); ++i) {
      if (!state.paths.is_live(i)) continue;
      if (held[i] < pieces.size()) {
        const std::optional<DocumentRecord> record = segment.document(i);
        if (!record || (record->flags & kHasLongWords) == 0) continue;
      }
      const std::vector<std::string>& own = state.paths.of(i);
      paths.insert(paths.end(), own.begin(), own.end());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace curlew::indexer
