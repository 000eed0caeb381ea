#include "model/constrain/line_suffixes.h"

#include <algorithm>
#include <numeric>

#include "model/constrain/edits.h"

namespace curlew::model {

LineSuffixes::LineSuffixes(std::string_view text) {
  for (const TextLine& line : split_lines(text)) {
    lines_.push_back(static_cast<std::uint32_t>(text_.size()));
    text_ += line.of(text);
    text_ += '\n';
  }
  lines_.push_back(static_cast<std::uint32_t>(text_.size()));
  barriers_.resize(lines_.size(), n_lines());
  for (std::uint32_t line = n_lines(); line-- > 0;) {
    const std::uint32_t size = begin_of(line + 1) - begin_of(line) - 1;
    const bool marks =
        curlew::model::is_marker(std::string_view(text_).substr(begin_of(line), size));
    barriers_[line] = marks ? line : barriers_[line + 1];
  }
  sort_lines();
  find_unique_ends();
  for (std::uint32_t line = 0; line < n_lines(); ++line) {
    if (is_findable(line)) last_findable_ = line;
  }
}

void LineSuffixes::sort_lines() {
  const std::uint32_t n = n_lines();
  const std::string_view text = text_;
  sorted_.resize(n);
  std::iota(sorted_.begin(), sorted_.end(), 0);
  // Each line ends in the only line feed it has: byte order of lines is byte order of what follows.
  const auto line = [&](std::uint32_t at) {
    return text.substr(lines_[at], lines_[at + 1] - lines_[at]);
  };
  std::sort(sorted_.begin(), sorted_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return line(a) < line(b); });
  ranks_.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool same = i > 0 && line(sorted_[i]) == line(sorted_[i - 1]);
    ranks_[sorted_[i]] = same ? ranks_[sorted_[i - 1]] : i;
  }
  contents_ = ranks_;
  for (std::uint32_t width = 1; width < n; width *= 2) {
    // Past the end ranks lowest: a text that ends is smaller than one that goes on.
    const auto key = [&](std::uint32_t at) {
      const std::uint64_t next = at + width < n ? ranks_[at + width] + std::uint64_t{1} : 0;
      return std::uint64_t{ranks_[at]} << 32 | next;
    };
    std::sort(sorted_.begin(), sorted_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    std::vector<std::uint32_t> ranks(n);
    bool all_differ = true;
    for (std::uint32_t i = 0; i < n; ++i) {
      const bool same = i > 0 && key(sorted_[i]) == key(sorted_[i - 1]);
      ranks[sorted_[i]] = same ? ranks[sorted_[i - 1]] : i;
      all_differ &= !same;
    }
    ranks_.swap(ranks);
    if (all_differ) break;
  }
}

// A run occurs once as soon as it is longer than what it shares with its neighbours in the order
// (Kasai et al. 2001, over lines).
void LineSuffixes::find_unique_ends() {
  const std::uint32_t n = n_lines();
  unique_end_.resize(n);
  for (std::uint32_t line = 0; line < n; ++line) unique_end_[line] = line + 1;
  std::uint32_t shared = 0;
  for (std::uint32_t line = 0; line < n; ++line) {
    if (ranks_[line] + 1 == n) {
      shared = 0;
      continue;
    }
    const std::uint32_t neighbour = sorted_[ranks_[line] + 1];
    while (line + shared < n && neighbour + shared < n &&
           contents_[line + shared] == contents_[neighbour + shared]) {
      ++shared;
    }
    // n + 1 where the shorter of the two is a beginning of the other: it never occurs once.
    unique_end_[line] = std::max(unique_end_[line], line + shared + 1);
    unique_end_[neighbour] = std::max(unique_end_[neighbour], neighbour + shared + 1);
    shared -= shared > 0 ? 1 : 0;
  }
}

std::uint32_t LineSuffixes::line_at(std::uint32_t offset) const {
  return static_cast<std::uint32_t>(std::upper_bound(lines_.begin(), lines_.end(), offset) -
                                    lines_.begin()) -
         1;
}

int LineSuffixes::byte_at(std::uint32_t rank, std::uint32_t depth) const {
  const std::size_t offset = std::size_t{lines_[sorted_[rank]]} + depth;
  return offset < text_.size() ? static_cast<unsigned char>(text_[offset]) : -1;
}

LineSuffixes::Ranks LineSuffixes::narrow(Ranks ranks, std::uint32_t depth,
                                         std::uint8_t byte) const {
  const auto first_not_below = [&](int value, Ranks within) {
    while (within.first < within.last) {
      const std::uint32_t middle = within.first + (within.last - within.first) / 2;
      if (byte_at(middle, depth) < value) {
        within.first = middle + 1;
      } else {
        within.last = middle;
      }
    }
    return within.first;
  };
  const std::uint32_t first = first_not_below(byte, ranks);
  return {first, first_not_below(byte + 1, {first, ranks.last})};
}

LineSuffixes::Ranks LineSuffixes::sharing(std::uint32_t first, std::uint32_t depth) const {
  const std::string_view prefix = std::string_view(text_).substr(lines_[sorted_[first]], depth);
  std::uint32_t low = first + 1, high = n_lines();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (std::string_view(text_).substr(lines_[sorted_[middle]], depth) == prefix) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {first, low};
}

}  // namespace curlew::model
