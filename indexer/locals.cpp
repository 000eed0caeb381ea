#include "indexer/locals.h"

#include <algorithm>

namespace curlew::indexer {
namespace {

// Finds places of one text in another that differs in one stretch.
class PlaceFinder {
 public:
  PlaceFinder(std::string_view from, std::string_view to)
      : from_bytes_(from.size()), to_bytes_(to.size()) {
    const std::size_t shorter = std::min(from.size(), to.size());
    if (from.data() == to.data() && from.size() == to.size()) {
      same_before_ = shorter;
      return;
    }
    const auto differs = std::mismatch(from.begin(), from.begin() + shorter, to.begin());
    same_before_ = static_cast<std::size_t>(differs.first - from.begin());
    while (same_behind_ < shorter - same_before_ &&
           from[from.size() - 1 - same_behind_] == to[to.size() - 1 - same_behind_])
      ++same_behind_;
  }

  // Nothing for a place within the stretch.
  std::optional<std::uint32_t> find(std::size_t place) const {
    if (place < same_before_) return static_cast<std::uint32_t>(place);
    if (from_bytes_ - place > same_behind_) return std::nullopt;
    return static_cast<std::uint32_t>(to_bytes_ - (from_bytes_ - place));
  }

 private:
  std::size_t from_bytes_, to_bytes_, same_before_ = 0, same_behind_ = 0;
};

const Binding* binding_at(const Document& document, const PlaceFinder& places, std::size_t offset) {
  const std::optional<std::uint32_t> place = places.find(offset);
  return place ? document.scopes.at(*place) : nullptr;
}

}  // namespace

const Binding* binding_at(const Document& document, std::string_view text, std::size_t offset) {
  return binding_at(document, PlaceFinder(text, *document.text), offset);
}

void mark_locals(CursorView& view, const Document& document, std::string_view text) {
  if (document.scopes.bindings.empty()) return;
  const PlaceFinder places(text, *document.text);
  for (NearName& name : view.names) {
    const auto offset = static_cast<std::size_t>(name.text.data() - text.data());
    const Binding* binding = binding_at(document, places, offset);
    name.is_local = binding != nullptr && is_local(*binding) && binding->name == name.text;
  }
}

}  // namespace curlew::indexer
