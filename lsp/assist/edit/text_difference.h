// Where two texts differ, as one stretch. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace curlew::assist {

// What differs: the bytes [start, end) of one text are `now` in another.
struct TextDifference {
  std::size_t start = 0, end = 0;
  std::string_view now;

  // What the bytes [from, to) around it become.
  std::string around(std::string_view text, std::size_t from, std::size_t to) const;
};
TextDifference difference_of(std::string_view text, std::string_view changed);

}  // namespace curlew::assist
