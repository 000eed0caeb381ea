#include "model/constrain/edits.h"

#include <algorithm>

namespace curlew::model {
namespace {

// The lines of a model's answer, without their ends.
std::vector<std::string_view> answer_lines(std::string_view text) {
  std::vector<TextLine> lines = split_lines(text);
  const bool carriage_returns = std::all_of(lines.begin(), lines.end(), [&](const TextLine& line) {
    return line.next == text.size() || line.next - line.end == 2;
  });
  std::vector<std::string_view> out;
  for (TextLine& line : lines) {
    const bool ended = line.next > line.end;
    if (ended && !carriage_returns) line.end = line.next - 1;
    out.push_back(line.of(text));
  }
  return out;
}

class EditReader {
 public:
  explicit EditReader(std::string_view original)
      : original_(original), lines_(split_lines(original)) {}

  Expected<std::vector<TextEdit>> blocks(const std::vector<std::string_view>& answer) {
    std::vector<TextEdit> edits;
    std::size_t at = 0;
    for (int block = 1; at < answer.size(); ++block) {
      if (answer[at] != kSearchMarker) {
        return fail(Errc::kInvalidInput, "edits, line {}: expected \"{}\"", at + 1, kSearchMarker);
      }
      const std::size_t search = at + 1;
      const std::size_t divider = find(answer, search, kDividerMarker);
      const std::size_t close = find(answer, divider, kReplaceMarker);
      if (close == answer.size()) {
        return fail(Errc::kInvalidInput, "edits, block {}: not closed", block);
      }
      const auto begin = answer.begin();
      const std::vector<std::string_view> searched(begin + static_cast<std::ptrdiff_t>(search),
                                                   begin + static_cast<std::ptrdiff_t>(divider));
      const std::vector<std::string_view> written(begin + static_cast<std::ptrdiff_t>(divider) + 1,
                                                  begin + static_cast<std::ptrdiff_t>(close));
      Expected<TextEdit> edit = edit_of(searched, written);
      if (!edit) return std::move(edit.error()).during(fmt::format("edits, block {}", block));
      edits.push_back(std::move(*edit));
      at = close + 1;
    }
    return edits;
  }

  std::vector<TextEdit> whole(const std::vector<std::string_view>& answer) const {
    return {{0, original_.size(), joined(answer, 0, lines_.size())}};
  }

 private:
  static std::size_t find(const std::vector<std::string_view>& answer, std::size_t from,
                          std::string_view marker) {
    const auto begin = answer.begin() + static_cast<std::ptrdiff_t>(std::min(from, answer.size()));
    return static_cast<std::size_t>(std::find(begin, answer.end(), marker) - answer.begin());
  }

  Expected<TextEdit> edit_of(const std::vector<std::string_view>& searched,
                             const std::vector<std::string_view>& written) {
    if (searched.empty()) return fail(Errc::kInvalidInput, "no lines to search for");
    for (const std::vector<std::string_view>* part : {&searched, &written}) {
      const auto marker = std::find_if(part->begin(), part->end(), is_marker);
      if (marker != part->end()) {
        return fail(Errc::kInvalidInput, "\"{}\" out of place", *marker);
      }
    }
    std::size_t place = 0;
    int places = 0;
    for (std::size_t line = 0; line + searched.size() <= lines_.size(); ++line) {
      if (!occurs_at(searched, line)) continue;
      place = line;
      ++places;
    }
    if (places != 1) {
      return fail(Errc::kInvalidInput, "the searched lines occur {} times in the original", places);
    }
    if (place < free_from_) {
      return fail(Errc::kInvalidInput, "the searched lines stand above those of the block before");
    }
    free_from_ = place + searched.size();
    return TextEdit{lines_[place].begin, lines_[free_from_ - 1].next,
                    joined(written, place, free_from_)};
  }

  bool occurs_at(const std::vector<std::string_view>& searched, std::size_t line) const {
    return std::equal(searched.begin(), searched.end(),
                      lines_.begin() + static_cast<std::ptrdiff_t>(line),
                      [&](std::string_view a, const TextLine& b) { return a == b.of(original_); });
  }

  // The written lines with the ends of the original's lines [first, last), which they replace.
  std::string joined(const std::vector<std::string_view>& written, std::size_t first,
                     std::size_t last) const {
    const std::string_view ending = ending_near(first);
    std::string out;
    for (const std::string_view line : written) {
      out += line;
      out += ending;
    }
    const bool open_end =
        last > first && last == lines_.size() && lines_.back().next == lines_.back().end;
    if (open_end && !out.empty()) out.resize(out.size() - ending.size());
    return out;
  }

  // How this line ends; where it does not, how the first one does.
  std::string_view ending_near(std::size_t line) const {
    for (const std::size_t at : {line, std::size_t{0}}) {
      if (at >= lines_.size() || lines_[at].next == lines_[at].end) continue;
      return original_.substr(lines_[at].end, lines_[at].next - lines_[at].end);
    }
    return "\n";
  }

  const std::string_view original_;
  const std::vector<TextLine> lines_;
  std::size_t free_from_ = 0;  // the first line below all blocks so far
};

}  // namespace

bool is_marker(std::string_view line) {
  return line == kSearchMarker || line == kDividerMarker || line == kReplaceMarker;
}

std::vector<TextLine> split_lines(std::string_view text) {
  std::vector<TextLine> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t feed = std::min(text.find('\n', begin), text.size());
    const std::size_t next = std::min(feed + 1, text.size());
    const bool carriage_return = feed < text.size() && feed > begin && text[feed - 1] == '\r';
    lines.push_back({begin, carriage_return ? feed - 1 : feed, next});
    begin = next;
  }
  return lines;
}

Expected<std::vector<TextEdit>> read_edits(std::string_view original, std::string_view text) {
  EditReader reader(original);
  const std::vector<std::string_view> answer = answer_lines(text);
  if (!answer.empty() && answer.front() == kSearchMarker) return reader.blocks(answer);
  return reader.whole(answer);
}

std::string apply_edits(std::string_view original, const std::vector<TextEdit>& edits) {
  std::string out;
  std::size_t copied = 0;
  for (const TextEdit& edit : edits) {
    out += original.substr(copied, edit.begin - copied);
    out += edit.replacement;
    copied = edit.end;
  }
  out += original.substr(copied);
  return out;
}

}  // namespace curlew::model
