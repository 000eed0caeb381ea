// Looking through the names of all segments, from good matches to weak ones and from short names to
// long ones, until no better name can come.
#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "indexer/segment/name_block.h"
#include "indexer/segment/name_sieve.h"
#include "indexer/segment/string_table.h"
#include "indexer/store.h"

namespace curlew::indexer {
namespace {

// The best names so far, best first.
class BestNames {
 public:
  explicit BestNames(std::size_t wanted) : wanted_(wanted) {}

  bool full() const { return names_.size() >= wanted_; }
  // Whether a name that is at best `how` and of `length` bytes or more is none of the best.
  bool are_better_than(NameMatch how, std::size_t length) const {
    if (!full()) return false;
    const MatchingName& last = *names_.rbegin();
    return last.how != how ? last.how < how : last.name.size() < length;
  }
  bool would_take(NameMatch how, std::string_view name) const {
    return !full() || is_better(how, name, names_.rbegin()->how, names_.rbegin()->name);
  }
  void add(NameMatch how, std::string_view name) {
    names_.insert({how, std::string(name)});  // once, though several segments define it
    if (names_.size() > wanted_) names_.erase(std::prev(names_.end()));
  }
  // Whether one of them is as long as what was typed and begins so.
  bool hold_whole(std::size_t length) const {
    return !names_.empty() && names_.begin()->how == NameMatch::kPrefix &&
           names_.begin()->name.size() == length;
  }
  // Weaker ones were met beside them.
  void keep_beginning() {
    std::erase_if(names_, [](const MatchingName& each) { return each.how != NameMatch::kPrefix; });
  }
  std::vector<MatchingName> sorted() const { return {names_.begin(), names_.end()}; }

 private:
  static bool is_better(NameMatch how, std::string_view name, NameMatch than,
                        std::string_view last) {
    if (how != than) return how < than;
    if (name.size() != last.size()) return name.size() < last.size();
    return dictionary_less(name, last);
  }
  struct Better {
    bool operator()(const MatchingName& a, const MatchingName& b) const {
      return is_better(a.how, a.name, b.how, b.name);
    }
  };
  const std::size_t wanted_;
  std::set<MatchingName, Better> names_;
};

// One segment in a search.
class Part {
 public:
  Part(const Segment& segment, const NamePattern& pattern)
      : segment_(segment),
        pattern_(pattern),
        sieve_(segment, pattern),
        seen_(segment.name_rows().words(), 0),
        block_(pattern.typed()) {}

  void begin(NameMatch how) { groups_ = sieve_.groups(how); }

  // Looks at those of the groups that may have names of the class of lengths, at most `most` that
  // were not looked at before. How many it were.
  std::size_t look(std::uint32_t length_class, std::size_t most, BestNames& best) {
    now_.clear();
    for (NameGroups& each : groups_) {
      each.bits &= ~seen_[each.word];
      if (each.bits == 0) continue;
      std::uint64_t now = each.bits & sieve_.with_length(length_class, each.word);
      for (; now != 0 && now_.size() < most; now &= now - 1) {
        const auto bit = static_cast<std::uint32_t>(std::countr_zero(now));
        seen_[each.word] |= std::uint64_t{1} << bit;
        now_.push_back(each.word * 64 + bit);
      }
    }
    std::erase_if(groups_, [](const NameGroups& each) { return each.bits == 0; });
    // Most of the time would be waiting for memory, so that of the next groups is asked for.
    std::array<std::string_view, kAhead> ahead;
    for (std::size_t i = 0; i < now_.size() + kAhead; ++i) {
      std::string_view& slot = ahead[i % kAhead];
      if (i >= kAhead) look_at(now_[i - kAhead], slot, best);
      if (i >= now_.size()) continue;
      slot = segment_.words().block(now_[i]);
      for (std::size_t at = 0; at < slot.size(); at += 64) __builtin_prefetch(slot.data() + at);
    }
    return now_.size();
  }

 private:
  static constexpr std::size_t kAhead = 4;

  void look_at(std::uint32_t group, std::string_view bytes, BestNames& best) {
    block_.begin(bytes);
    for (std::uint32_t number = group * kBlockWords; block_.next(); ++number) {
      if (!block_.may_match()) continue;
      const std::string_view name = block_.name();
      if (best.are_better_than(block_.has_humps() ? NameMatch::kPrefix : NameMatch::kPiece,
                               name.size()))
        continue;
      const std::optional<NameMatch> how = pattern_.match(name);
      if (how && best.would_take(*how, name) && segment_.word_postings().at(number).marked)
        best.add(*how, name);
    }
  }

  const Segment& segment_;
  const NamePattern& pattern_;
  NameSieve sieve_;
  std::vector<std::uint64_t> seen_;
  std::vector<NameGroups> groups_;
  std::vector<std::uint32_t> now_;
  NameBlock block_;
};

// Looks for names that match so, of `length` bytes or more, up to the class that `longest` is in.
// True: none can be better than those that were found.
bool look(std::vector<Part>& parts, NameMatch how, std::size_t length, std::size_t longest,
          std::size_t groups_max, BestNames& best) {
  if (best.are_better_than(how, length)) return true;
  for (Part& part : parts) part.begin(how);
  for (std::uint32_t i = name_rows::length_class(length);
       i < name_rows::kLengthClasses && name_rows::kLengthsFrom[i] <= longest; ++i) {
    if (best.are_better_than(how, std::max<std::size_t>(name_rows::kLengthsFrom[i], length)))
      return true;
    for (Part& part : parts) groups_max -= part.look(i, groups_max, best);
    if (groups_max == 0) break;
  }
  return false;
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

Expected<std::vector<MatchingName>> StoreReader::best_names(const NamePattern& pattern,
                                                            std::size_t wanted,
                                                            const NameLimits& limits) {
  if (!begun_) return tl::unexpected<Error>(begun_.error());
  const std::size_t length = pattern.typed().size();
  BestNames best(wanted);
  if (length == 0 || wanted == 0) return best.sorted();
  std::vector<Part> parts;
  for (const SegmentState& state : state_->segments) {
    if (state.is_sound()) parts.emplace_back(*state.segment, pattern);
  }
  for (const NameMatch how :
       {NameMatch::kPrefix, NameMatch::kHumps, NameMatch::kPiece, NameMatch::kSpread}) {
    if (best.hold_whole(length)) {
      best.keep_beginning();
      break;
    }
    const bool is_spread = how == NameMatch::kSpread;
    const std::size_t most = is_spread ? limits.spread_groups_max : limits.groups_max;
    const std::size_t longest = is_spread ? limits.spread_length_max : SIZE_MAX;
    if (look(parts, how, length, longest, how == NameMatch::kPrefix ? SIZE_MAX : most, best)) break;
  }
  return best.sorted();
}

}  // namespace curlew::indexer
