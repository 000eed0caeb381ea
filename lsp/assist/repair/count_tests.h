// How many tests a command ran. Pure.
#pragma once

#include <string_view>

namespace curlew::assist {

// By the summaries of the usual runners, added up; -1 when there is none.
int count_tests(std::string_view output);

}  // namespace curlew::assist
