// curlew edit FILE[:L1-L2] INSTRUCTION: one edit, as a diff.
#include "lsp/assist/edit/instructed_edit.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "editors/cli/interruption.h"
#include "editors/cli/json_output.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"
#include "indexer/source/read_file.h"
#include "lsp/assist/check/check_files.h"
#include "lsp/assist/edit/write_files.h"
#include "lsp/assist/next_edit/follow_up.h"
#include "lsp/assist/repair/code_tokens.h"
#include "lsp/server/trust.h"

namespace curlew::cli {
namespace {

struct EditPlace {
  std::filesystem::path file;
  std::optional<std::pair<int, int>> lines;  // from 1, inclusive; none: the whole file
};

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// FILE, FILE:LINE, FILE:FIRST-LAST.
EditPlace parse_place(const std::string& place) {
  const std::size_t colon = place.rfind(':');
  if (colon == place.npos) return {place};
  const std::string_view lines = std::string_view(place).substr(colon + 1);
  const std::size_t dash = lines.find('-');
  const auto first = whole_number(lines.substr(0, dash));
  const auto last = dash == lines.npos ? first : whole_number(lines.substr(dash + 1));
  if (!first || !last) return {place};  // a colon in a file's name
  return {place.substr(0, colon), std::pair(*first, *last)};
}

// The edit and what follows from it, file by file.
struct WholeEdit {
  assist::InstructedEdit edit;
  assist::Changes before, after;
  std::vector<std::string> follows;  // why
  int places = 0;                    // that follow

  std::string diff() const {
    std::string all;
    for (const auto& [path, text] : after) all += assist::unified_diff(path, before.at(path), text);
    return all;
  }
};

Json to_json(const WholeEdit& whole, const std::string& diff, const assist::FilesCheck& verdict,
             bool applied) {
  const assist::InstructedEdit& edit = whole.edit;
  return {{"diff", diff},
          {"follows", {{"places", whole.places}, {"why", whole.follows}}},
          {"verified",
           {{"parse", edit.parse_errors ? Json(*edit.parse_errors == 0) : Json()},
            {"check", verdict.passed ? Json(*verdict.passed) : Json()}}},
          {"notes", edit.notes},
          {"check", verdict.said},
          {"unchecked", verdict.unchecked},
          {"applied", applied},
          {"attempts", edit.attempts},
          {"why", edit.why},
          {"prompt_tokens", edit.prompt_tokens},
          {"cached_tokens", edit.cached_tokens},
          {"tokens", edit.tokens},
          {"drafted_tokens", edit.drafted_tokens},
          {"accepted_tokens", edit.accepted_tokens},
          {"timings",
           {{"retrieve_ms", edit.retrieve_ms},
            {"generate_ms", edit.generate_ms},
            {"total_ms", edit.total_ms}}}};
}

std::string describe(const WholeEdit& whole, const std::string& diff,
                     const assist::FilesCheck& verdict, bool applied) {
  const assist::InstructedEdit& edit = whole.edit;
  std::string out = diff;
  for (const std::string& why : whole.follows) out += fmt::format("follows: {}\n", why);
  for (const assist::Diagnostic& d : verdict.fresh)
    out += harmless(fmt::format("{}:{}: {}\n", d.place.path, d.place.line, d.message));
  if (verdict.passed)
    for (const std::string& path : verdict.unchecked) out += fmt::format("not checked: {}\n", path);
  for (const std::string& note : edit.notes) out += fmt::format("note: {}\n", note);
  if (diff.empty()) return fmt::format("{}: nothing to change\n", edit.why);
  const std::string_view end = applied                   ? "applied"
                               : verdict.passed == false ? "not applied: the check complains"
                                                         : "--apply writes it";
  return out + fmt::format("{}; {}: {}; {}\n", edit.why,
                           !verdict.passed   ? parse_words(edit) + ", not checked"
                           : *verdict.passed ? "checked"
                                             : parse_words(edit) + ", but",
                           verdict.said, end);
}

// Lines to bytes. An error names the lines that there are.
assist::Status set_range(assist::InstructedEditRequest& request, const EditPlace& place) {
  const assist::LineTable lines(request.text);
  request.end = request.text.size();
  if (!place.lines) return {};
  const auto [first, last] = *place.lines;
  const int count = lines.count() - (request.text.ends_with('\n') ? 1 : 0);
  if (first < 1 || last < first || last > count)
    return assist::fail(assist::Errc::kInvalidInput, "{}: lines {} to {}, expected 1 to {}",
                        place.file.string(), first, last, count);
  request.start = lines.start(first);
  request.end = lines.start(last + 1);
  return {};
}

Expected<WholeEdit> with_follow_up(assist::InstructedEdit edit, const std::string& path,
                                   const std::string& text, const std::filesystem::path& root,
                                   const indexer::Index* index, std::stop_token stop) {
  WholeEdit whole{.edit = std::move(edit)};
  if (index != nullptr) {
    const assist::NextEditSources sources{
        .index = index, .read = [&](const std::string& other) {
          auto read = indexer::read_file(root / other, assist::kNextEditBytesMax);
          return read ? std::make_shared<const std::string>(std::move(*read)) : nullptr;
        }};
    auto followed = assist::follow_up(sources, path, text, whole.edit.after, std::move(stop));
    if (!followed) return std::move(followed.error()).pass();
    whole.before = std::move(followed->before);
    whole.after = std::move(followed->after);
    whole.follows = std::move(followed->why);
    whole.places = followed->places;
    std::ranges::move(followed->notes, std::back_inserter(whole.edit.notes));
  }
  if (index == nullptr && !whole.edit.used_outside.empty())
    whole.edit.notes.push_back(whole.edit.used_outside + " (--follow)");
  whole.before[path] = text;
  whole.after.try_emplace(path, whole.edit.after);
  return whole;
}

}  // namespace

int run_edit(const CommonOptions& common, const EditOptions& options) {
  const EditPlace place = parse_place(options.place);
  Expected<std::string> text = read_file(place.file);
  if (!text) return report(text.error());
  const std::filesystem::path root = workspace_root(common, place.file);
  const server::Settings settings = effective_settings(common, root);

  assist::InstructedEditRequest request{.path = relative_path(place.file, root), .text = *text};
  if (assist::Status set = set_range(request, place); !set) return report(set.error());
  request.instruction = options.instruction;
  request.attempts_max = options.attempts;
  request.budget = std::chrono::seconds(options.seconds);

  const Interruption interruption;
  const auto stopped = [&](const assist::Error& error) {
    return interruption.exit_code() != 0 ? interruption.report() : report(error);
  };
  auto generator = open_generator(settings);
  if (!generator) return report(generator.error());
  std::unique_ptr<indexer::Index> index;
  if (settings.index_enabled) {
    auto opened = open_index(settings, root, interruption.token());
    if (!opened) return stopped(opened.error());
    index = std::move(*opened);
  }
  auto edit = assist::instructed_edit({.index = index.get(), .generator = generator->get()},
                                      request, interruption.token());
  if (!edit) return stopped(edit.error());
  const bool is_followed = options.follow && !edit->edits.empty();
  const auto whole = with_follow_up(std::move(*edit), request.path, *text, root,
                                    is_followed ? index.get() : nullptr, interruption.token());
  if (!whole) return stopped(whole.error());

  const std::string diff = whole->diff();
  assist::FilesCheck found;
  if (!diff.empty()) {
    auto checked = assist::check_files({.root = root,
                                        .path = request.path,
                                        .rules = settings.check,
                                        .after = whole->after,
                                        .may_run = server::is_trusted(root)},
                                       interruption.token());
    if (!checked) return stopped(checked.error());
    found = std::move(*checked);
  }
  if (interruption.exit_code() != 0) return interruption.report();
  const bool applied = options.apply && !diff.empty() && found.passed != false;
  if (applied)
    if (assist::Status written = assist::write_files(root, whole->before, whole->after); !written)
      return report(written.error());
  return print(common.json ? dump(to_json(*whole, diff, found, applied)) + "\n"
                           : harmless_on_terminal(describe(*whole, diff, found, applied)),
               found.passed == false ? kExitFound : kExitDone);
}

}  // namespace curlew::cli
