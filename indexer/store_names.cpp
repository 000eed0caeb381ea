// Looking through the names of all segments, from short to long and from good matches to weak ones.
#include <algorithm>
#include <array>

#include "indexer/store.h"

namespace curlew::indexer {
namespace {

// Matches by how they match.
class Counts {
 public:
  void add(NameMatch how, std::size_t count = 1) {
    counts_[static_cast<std::size_t>(how)] += count;
  }
  void add(const Counts& other) {
    for (std::size_t how = 0; how < kNameMatches; ++how) counts_[how] += other.counts_[how];
  }
  std::size_t no_worse_than(NameMatch how) const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(how); ++i) sum += counts_[i];
    return sum;
  }

 private:
  std::array<std::size_t, kNameMatches> counts_{};
};

// The state of one search: how many were found, and what is still worth looking for.
class NameSearch {
 public:
  NameSearch(const NamePattern& pattern, std::size_t enough, std::size_t spread_looks_max,
             const StoreReader::MatchName& match)
      : pattern_(pattern), enough_(enough), spread_looks_left_(spread_looks_max), match_(match) {}

  void run(const std::vector<const DefinedNames*>& parts) {
    std::size_t length = pattern_.typed().size();
    for (std::optional<NameMatch> weakest = weakest_wanted(); weakest;
         weakest = weakest_wanted(), ++length) {
      std::size_t next = DefinedNames::kNoLength;
      for (const DefinedNames* part : parts) next = std::min(next, part->length_from(length));
      if (next == DefinedNames::kNoLength) return;
      length = next;
      Counts found;
      for (const DefinedNames* part : parts) found.add(look_at(*part, length, *weakest));
      found_.add(found);
    }
  }

 private:
  // None when there are enough of the best.
  std::optional<NameMatch> weakest_wanted() const {
    for (const NameMatch how : {NameMatch::kSpread, NameMatch::kPiece, NameMatch::kHumps}) {
      if (how == NameMatch::kSpread && spread_looks_left_ == 0) continue;
      if (found_.no_worse_than(how) < enough_) return how;
    }
    return std::nullopt;
  }

  Counts look_at(const DefinedNames& part, std::size_t length, NameMatch weakest) {
    Counts found;
    part.of_length(length, pattern_, weakest, [&](std::string_view name, NameMatch how) {
      if (found.no_worse_than(how) >= enough_) return;
      if (how == NameMatch::kSpread && (spread_looks_left_ == 0 || --spread_looks_left_ == 0))
        return;
      if (const std::optional<NameMatch> match = match_(name)) found.add(*match);
    });
    return found;
  }

  const NamePattern& pattern_;
  const std::size_t enough_;
  std::size_t spread_looks_left_;
  const StoreReader::MatchName& match_;
  Counts found_;
};

std::vector<const DefinedNames*> names_of(const StoreState& state) {
  std::vector<const DefinedNames*> parts;
  for (const SegmentState& part : state.segments) {
    if (part.is_sound()) parts.push_back(&part.segment->defined_names());
  }
  return parts;
}

}  // namespace

Status StoreReader::defined_names(const std::function<void(std::string_view)>& take) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  for (const SegmentState& state : state_->segments) {
    if (!state.is_sound()) continue;
    const Dictionary& words = state.segment->words();
    Postings::Walk lists(state.segment->word_postings(), 0);
    words.scan(0, words.size(), [&](std::uint32_t, std::string_view word) {
      if (lists.next().marked) take(word);
      return true;
    });
  }
  return {};
}

Status StoreReader::names_beginning_with(const NamePattern& pattern, std::size_t enough,
                                         const MatchName& match) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  for (const DefinedNames* part : names_of(*state_)) {
    part->beginning_with(pattern, enough, [&](std::string_view name) { (void)match(name); });
  }
  return {};
}

Status StoreReader::names_holding(NamePattern pattern, std::size_t enough,
                                  std::size_t spread_looks_max, const MatchName& match) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  const std::vector<const DefinedNames*> parts = names_of(*state_);
  const auto largest = std::max_element(parts.begin(), parts.end(),
                                        [](auto* a, auto* b) { return a->size() < b->size(); });
  if (largest == parts.end()) return {};
  (*largest)->order(pattern);
  NameSearch(pattern, enough, spread_looks_max, match).run(parts);
  return {};
}

}  // namespace curlew::indexer
