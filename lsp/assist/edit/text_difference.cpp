#include "lsp/assist/edit/text_difference.h"

#include <algorithm>

namespace curlew::assist {

std::string TextDifference::around(std::string_view text, std::size_t from, std::size_t to) const {
  std::string all;
  const std::size_t begin = std::clamp(start, from, to), behind = std::clamp(end, from, to);
  all += text.substr(from, begin - from);
  all += now;
  all += text.substr(behind, to - behind);
  return all;
}

TextDifference difference_of(std::string_view text, std::string_view changed) {
  const std::size_t most = std::min(text.size(), changed.size());
  std::size_t head = 0, tail = 0;
  while (head < most && text[head] == changed[head]) ++head;
  while (tail < most - head && text[text.size() - 1 - tail] == changed[changed.size() - 1 - tail])
    ++tail;
  return {head, text.size() - tail, changed.substr(head, changed.size() - tail - head)};
}

}  // namespace curlew::assist
