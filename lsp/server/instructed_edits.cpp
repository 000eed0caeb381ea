#include "lsp/server/instructed_edits.h"

#include "lsp/assist/check/check_files.h"
#include "lsp/assist/edit/instructed_edit.h"
#include "lsp/server/trust.h"
#include "lsp/server/workspace_edit.h"

namespace curlew::server {

using protocol::Json;

namespace {

Json answer_of(const assist::InstructedEdit& edit) {
  return {{"found", !edit.edits.empty()},
          {"applied", false},
          {"parse", edit.parse_errors ? Json(*edit.parse_errors == 0) : Json()},
          {"notes", edit.notes},
          {"checked", Json()},
          {"check", ""},
          {"unchecked", Json::array()},
          {"why", edit.why},
          {"attempts", edit.attempts},
          {"follows", {{"places", 0}, {"why", Json::array()}}}};
}

}  // namespace

Expected<Json> InstructedEdits::make(const EditAsked& asked, std::stop_token outer) const {
  const Expected<const Snapshot*> open = required(asked.document);
  if (!open) return tl::unexpected<Error>(open.error());
  const Snapshot& document = **open;
  const auto start = document.offset_at(asked.range.start),
             end = document.offset_at(asked.range.end);
  if (!start || !end) return tl::unexpected<Error>((start ? end : start).error());
  const std::shared_ptr<Workspace>& workspace = document.place().workspace;
  if (!workspace)
    return fail(Errc::kInvalidInput, "{}: expected a file in a workspace folder", document.uri());
  const std::shared_ptr<model::Generator> generator = state_.services.generator();
  ProgressBar bar(state_.client, state_.cancellable, fmt::format("curlew/edit/{}", next_bar_++),
                  "Editing", std::move(outer));
  const std::stop_token stop = bar.stop();
  assist::InstructedEditRequest request{.path = document.place().path, .text = document.text()};
  request.start = *start;
  request.end = *end;
  request.instruction = asked.instruction;
  const auto edit = assist::instructed_edit(
      {.index = workspace->index(), .generator = generator.get()}, request, stop);
  if (!edit) return tl::unexpected<Error>(edit.error());
  Json answer = answer_of(*edit);
  if (edit->edits.empty()) return answer;

  assist::Changes before, after;
  if (!asked.follow && !edit->used_outside.empty()) answer["notes"].push_back(edit->used_outside);
  if (asked.follow) {
    bar.report(60, "looking for what follows");
    Expected<assist::FollowUp> followed = follow(asked, edit->after, stop);
    if (!followed) return std::move(followed.error()).pass();
    for (const std::string& note : followed->notes) answer["notes"].push_back(note);
    answer["follows"] = {{"places", followed->places}, {"why", followed->why}};
    before = std::move(followed->before);
    after = std::move(followed->after);
  }
  before[request.path] = document.text();
  after.try_emplace(request.path, edit->after);

  bar.report(70, "checking");
  const Settings settings = state_.settings.get();
  const auto checked =
      assist::check_files({.root = workspace->root(),
                           .path = request.path,
                           .rules = settings.check,
                           .buffers = repairer_.buffers_around(asked.document),
                           .after = after,
                           .may_run = settings.trusted || is_trusted(workspace->root())},
                          stop);
  if (!checked) return tl::unexpected<Error>(checked.error());
  answer["check"] = checked->said;
  answer["unchecked"] = checked->unchecked;
  if (checked->passed) answer["checked"] = *checked->passed;
  // What changes other files is to be looked at first.
  const bool is_doubtful = answer["checked"] == false;
  const std::string title = "Curlew: " + shortened(asked.instruction);
  auto made =
      workspace_edit(state_, *workspace, before, after,
                     {.label = is_doubtful ? title + " (the file's check complains)" : title,
                      .description = answer["check"].get<std::string>(),
                      .needs_confirmation = is_doubtful || after.size() > 1});
  if (!made) return std::move(made.error()).pass();
  answer["edit"] = std::move(*made);
  return answer;
}

Expected<assist::FollowUp> InstructedEdits::follow(const EditAsked& asked, const std::string& after,
                                                   std::stop_token stop) const {
  const DocumentPlace& place = asked.document->place();
  const assist::NextEditSources sources{
      .index = place.workspace->index(), .read = [&](const std::string& path) {
        return text_now(state_.documents, place.workspace->root(), path);
      }};
  return assist::follow_up(sources, place.path, asked.document->text(), after, std::move(stop));
}

}  // namespace curlew::server
