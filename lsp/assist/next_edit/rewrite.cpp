// The lines around the cursor as a model rewrites them, for families that were trained to
// (model/text/next_edit.h). What it leaves as it is counts for nothing; each line that it changes is
// a place. Asked only when no engine is sure.
#include <algorithm>
#include <cmath>

#include "lsp/assist/next_edit/situation.h"
#include "lsp/assist/retrieve.h"

namespace curlew::assist {
namespace {

constexpr int kWindowLines = 150;  // above and below the cursor
constexpr std::size_t kEditsShown = 12;
constexpr int kRewriteTokensMax = 1024;
constexpr float kContextShare = 0.25f;       // of the model's context
constexpr std::size_t kHesitations = 6;      // the tokens that the model was least sure of
constexpr std::size_t kRevertsLookedAt = 8;  // past edits

// The past edit as whole lines; other edits of the same lines since then are taken as made before.
model::RecentEdit recent_edit(const PastEdit& edit, const CodeView& now) {
  const int first = now.lines().line_of(edit.start), last = now.lines().line_of(edit.end());
  const std::size_t start = now.lines().start(first), end = now.lines().start(last + 1);
  model::RecentEdit recent{.path = edit.path, .line = first};
  recent.after = now.text().substr(start, end - start);
  recent.before = fmt::format("{}{}{}", now.text().substr(start, edit.start - start), edit.before,
                              now.text().substr(edit.end(), end - edit.end()));
  return recent;
}

// How sure the model was where it was least sure: a copy is full of sure tokens.
double confidence_of(std::vector<float> logprobs) {
  if (logprobs.empty()) return 0;
  const std::size_t count = std::min(kHesitations, logprobs.size());
  std::ranges::partial_sort(logprobs, logprobs.begin() + static_cast<std::ptrdiff_t>(count));
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += logprobs[i];
  return std::exp(sum / static_cast<double>(count));
}

class Rewrite {
 public:
  explicit Rewrite(Situation& situation) : situation_(situation), here_(situation.here()) {}

  Status propose(std::vector<Proposal>& proposals) {
    model::Generator& generator = *situation_.sources().generator;
    const std::size_t offset = cut_window();
    show_edits();
    show_context(generator);
    model::GenerateRequest generate{.prompt = text_, .new_tokens_max = kRewriteTokensMax};
    generate.logprobs = true;
    generate.lane = model::Lane::kMain;
    generate.deadline = std::chrono::steady_clock::now() + situation_.sources().model_budget;
    auto made = generator.generate(generate, situation_.stop());
    if (!made) return Error(std::move(made.error())).during("next edit");
    if (made->finish == model::Finish::kCancelled)
      return fail(Errc::kCancelled, "next edit: cancelled");
    if (!made->rewrite) return {};  // the time was up
    Proposal proposal{.kind = NextEditKind::kModel,
                      .why = "written by " + generator.info().model,
                      .confidence = confidence_of(std::move(made->logprobs))};
    proposal.places = places(*made->rewrite, offset);
    if (!proposal.places.empty()) proposals.push_back(std::move(proposal));
    return {};
  }

 private:
  // Fills in the text; its first byte's offset in the document.
  std::size_t cut_window() {
    const NextEditRequest& request = situation_.request();
    const LineTable& lines = here_.lines();
    const int line = lines.line_of(request.cursor);
    const int first = std::max(1, line - kWindowLines);
    const std::size_t start = lines.start(first);
    const std::size_t end = lines.start(std::min(lines.count() + 1, line + kWindowLines));
    text_.path = request.path;
    text_.text = here_.text().substr(start, end - start);
    text_.first_line = first;
    text_.cursor = request.cursor - start;
    return start;
  }

  void show_edits() {
    const std::vector<Change>& changes = situation_.changes();  // newest first
    for (std::size_t i = std::min(kEditsShown, changes.size()); i-- > 0;)
      text_.edits.push_back(recent_edit(*changes[i].edit, *changes[i].now));
  }

  void show_context(const model::Generator& generator) {
    const NextEditRequest& request = situation_.request();
    CompletionRequest place{.path = request.path, .language = request.language};
    place.text = here_.text();
    place.cursor = request.cursor;
    const Expected<Retrieved> retrieved = retrieve(situation_.index(), place);
    if (!retrieved) return;
    const auto tokens = static_cast<float>(generator.info().context_tokens) * kContextShare;
    text_.context = fit_context(generator, *retrieved, static_cast<int>(tokens)).blocks;
  }

  std::vector<FileEdit> places(const model::NextEditAnswer& answer, std::size_t offset) const {
    const std::string_view region =
        std::string_view(text_.text).substr(answer.region.begin, answer.region.size());
    std::vector<TextEdit> edits = edits_between(region, answer.text);
    for (TextEdit& edit : edits) {
      edit.start += offset + answer.region.begin;
      edit.end += offset + answer.region.begin;
    }
    std::erase_if(edits, [&](const TextEdit& edit) { return takes_back(edit); });
    return places_by_line(here_, situation_.request().text, std::move(edits));
  }

  // Models that see what was changed like to change it back.
  bool takes_back(const TextEdit& edit) const {
    const std::vector<Change>& changes = situation_.changes();
    return std::any_of(
        changes.begin(),
        changes.begin() + static_cast<std::ptrdiff_t>(std::min(kRevertsLookedAt, changes.size())),
        [&](const Change& change) {
          const PastEdit& past = *change.edit;
          return past.path == situation_.request().path && edit.start <= past.end() &&
                 past.start <= edit.end;
        });
  }

  Situation& situation_;
  const CodeView& here_;
  model::NextEditText text_;
};

}  // namespace

Status propose_rewrite(Situation& situation, std::vector<Proposal>& proposals) {
  const model::Generator* generator = situation.sources().generator;
  if (generator == nullptr || !generator->info().next_edit) return {};
  return Rewrite(situation).propose(proposals);
}

}  // namespace curlew::assist
