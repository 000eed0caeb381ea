// Parameters of functions, arguments of calls, and what became of them. Private to
// lsp/assist/next_edit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/assist/next_edit/situation.h"

namespace curlew::assist {

// One element of a bracketed list: tokens [begin, end).
struct ListItem {
  std::size_t begin = 0, end = 0;
};
// What stands between commas inside the bracket; commas within `<...>` of types separate nothing.
std::vector<ListItem> items_of(const CodeView& view, std::size_t opener);

struct Parameter {
  ListItem item;
  std::string_view name;     // "" when it has none
  bool is_optional = false;  // it has a default value, or takes any number
  bool is_receiver = false;  // `self`, `&mut self`
};
std::vector<Parameter> parameters_of(const CodeView& view, std::size_t opener);

// A function whose parameters an edit changed. `name` and `opener` are tokens of the text now.
struct SignatureChange {
  const Change* change = nullptr;
  std::size_t name = 0, opener = 0;
  std::vector<Parameter> now;
  std::vector<Parameter> before;  // tokens of change->old
  std::size_t old_opener = 0;
  // Of each parameter now, which it was before; kNone for a new one.
  std::vector<std::size_t> origins;

  std::vector<std::size_t> added() const;    // indexes into now
  std::vector<std::size_t> removed() const;  // indexes into before
  bool is_reordered() const;
};
// Changes of signatures among the edits, newest first. Where one function's parameters were edited
// more than once, only the newest edit counts.
std::vector<SignatureChange> signature_changes(const Situation& situation);

// The same types in the same order, whatever the names and default values.
bool same_types(const CodeView& a, const std::vector<Parameter>& a_list, const CodeView& b,
                const std::vector<Parameter>& b_list);

// Does the declaration that begins with this name stand for the same function in both texts: the
// same class around it, the same types?
bool is_counterpart(const CodeView& a, std::size_t a_name, const CodeView& b, std::size_t b_name);

}  // namespace curlew::assist
