// What a repair came to, for people (repair.h).
#include "lsp/assist/edit/text_edit.h"
#include "lsp/assist/repair/repair.h"

namespace curlew::assist {

std::string said_of(const Diagnostic& complaint) {
  if (complaint.place.path.empty()) return complaint.message;
  return fmt::format("{}:{}: {}", complaint.place.path, complaint.place.line, complaint.message);
}

std::string_view repair_end_name(RepairEnd end) {
  constexpr std::string_view kNames[] = {"passed before", "repaired", "not repaired", "out of time",
                                         "stopped"};
  return kNames[static_cast<std::size_t>(end)];
}

std::string RepairResult::diff() const {
  std::string all;
  for (const auto& [path, text] : after) all += unified_diff(path, before.at(path), text);
  return all;
}

}  // namespace curlew::assist
