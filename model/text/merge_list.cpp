#include "model/text/merge_list.h"

#include <iterator>
#include <string>
#include <utility>

namespace curlew::model {
namespace {

constexpr std::size_t kMergesMax = 2u << 20;

}  // namespace

Expected<MergeTable> read_merges(const ModelFile& file, const Vocabulary& vocabulary) {
  const std::vector<std::string_view>* lines = file.strings(kMergesKey);
  if (lines == nullptr) {
    return fail(Errc::kCorrupt, "{}: key {} (an array of strings) is missing", file.name(),
                kMergesKey);
  }
  if (lines->size() > kMergesMax) {
    return fail(Errc::kCorrupt, "{}: {} merges; at most {} are read", file.name(), lines->size(),
                kMergesMax);
  }
  MergeTable table(lines->size());
  std::string joined;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    const std::string_view line = (*lines)[i];
    const std::size_t space = line.find(' ', 1);  // a token may itself begin with a space
    if (space == std::string_view::npos || space + 1 == line.size() ||
        line.size() > 2 * kTokenBytesMax) {
      return fail(Errc::kCorrupt, "{}: merge {} is no pair of tokens with a space between",
                  file.name(), i);
    }
    const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
    joined.assign(left).append(right);
    const std::optional<TokenId> ids[] = {vocabulary.find(left), vocabulary.find(right),
                                          vocabulary.find(joined)};
    for (std::size_t part = 0; part < std::size(ids); ++part) {
      if (ids[part]) continue;
      const std::string_view unknown[] = {left, right, joined};
      return fail(
          Errc::kCorrupt,
          "{}: merge {} (\"{}\") needs the token \"{}\", which the vocabulary does not have",
          file.name(), i, line, unknown[part]);
    }
    table.add(*ids[0], *ids[1], {static_cast<std::uint32_t>(i), *ids[2]});
  }
  return table;
}

}  // namespace curlew::model
