// Names as they are written and as they were meant. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace curlew::assist {

bool is_name(std::string_view word);

// "std::vectr", "os.pth", "Map::fnid(int) const": what is misspelt is most often the last part.
std::string last_part(std::string name);

// Two letters swapped, one left out, put in, or another one; each once, sorted.
std::vector<std::string> one_change_away(const std::string& written);

// The names that a complaint is about, as far as its message says them: quoted, or behind what Go's
// tools write before a name.
std::vector<std::string> names_in(std::string_view message);

}  // namespace curlew::assist
